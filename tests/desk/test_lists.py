"""Staff's lists cost no more with a year of conversations behind them: few queries, each served by an index."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.desk import conversation_search
from supportbot.desk.conversation_search import find_conversations
from supportbot.desk.models import SavedReply
from supportbot.jobs.models import Job
from supportbot.mail.models import IncomingMail
from tests.bench.desk_pages import PAGES
from tests.conversations.markup import parse
from tests.conversations.page import Browser
from tickets.models import Ticket

LIST = reverse("admin:conversations_conversation_changelist")
MAX_QUERIES = 10
# What a plan says of a table that is read from its beginning to its end.
WHOLE_TABLE = {"sqlite": ("SCAN conversations_", "SCAN auth_", "SCAN U0"), "postgresql": ("Seq Scan",)}


def add_conversation(text: str = "Hello", **values: Any) -> Conversation:
    conversation = Conversation.objects.create(last_seq=1, guest_key="g", **values)
    turn = Turn.objects.create(conversation=conversation, state="done")
    Message.objects.create(conversation=conversation, turn=turn, seq=1, role="customer", text=text)
    return conversation


@pytest.fixture
def customers(db: None) -> dict[str, Conversation]:
    """Conversations of people, by their names."""
    maria = User.objects.create_user(
        "maria77", "m.ortega@example.com", first_name="Maria José", last_name="Ortega"
    )
    jose = User.objects.create_user("jose", "Jose@Example.com", first_name="José", last_name="Öberg")
    return {
        "maria": add_conversation("My kettle leaks", user=maria),
        "jose": add_conversation("100% of it is gone", user=jose),
        "guest": add_conversation(
            "Do you ship to Malmö?", contact_name="Åsa Lind", contact_email="asa_lind@example.org"
        ),
        "nobody": add_conversation("Just looking"),
    }


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("maria", "maria"),
        ("MARIA77", "maria"),
        ("ortega", "maria"),
        ("ortega maria", "maria"),
        ("ortega jose", ""),
        ('"maria jo"', "maria"),
        ("öberg", "jose"),
        ("Öberg", "jose"),
        ("jose@example.com", "jose"),
        ("m.ortega", "maria"),
        ("åsa", "guest"),
        ("Åsa  lind", "guest"),
        ("ASA_LIND@", "guest"),
        ("asaxlind", ""),
        ("leaks kettle", "maria"),
        ("MALMÖ", "guest"),
        ("100%", "jose"),
        ("% gone", "jose"),
        ("%", "jose"),
        ("xylophone", ""),
        ("'", ""),
        ("99999999999999999999999999", ""),
        ("²", ""),
    ],
)
def test_conversations_are_found(customers, search, names):
    found = [name for name, chat in customers.items() if chat.pk in find_conversations(search).keys]

    assert found == names.split()


def test_a_conversation_is_found_by_its_number_and_its_id(customers):
    guest = customers["guest"]

    for search in (str(guest.pk), str(guest.public_id), f" {guest.public_id.hex} "):
        assert guest.pk in find_conversations(search).keys


def test_words_are_looked_for_in_the_newest_messages_alone_and_people_among_all(customers, monkeypatch):
    monkeypatch.setattr(conversation_search, "NEWEST_MESSAGES", 2)

    assert find_conversations("kettle").keys == []
    assert find_conversations("looking").keys == [customers["nobody"].pk]
    assert find_conversations("maria").keys == [customers["maria"].pk]


def test_among_others_a_conversation_is_found_once_however_often_a_word_stands_in_it(customers, monkeypatch):
    monkeypatch.setattr(conversation_search, "MAX_FOUND", 2)
    quiet, loud = (add_conversation() for _ in range(2))
    for chat, seqs in ((quiet, [9]), (loud, [7, 8, 9])):
        turn = Turn.objects.create(conversation=chat, state="done")
        for seq in seqs:
            Message.objects.create(conversation=chat, turn=turn, seq=seq, role="customer", text="Zanzibar")

    among = Conversation.objects.values("pk")

    assert conversation_search.find_by_words_among("zanzibar", among) == [loud.pk, quiet.pk]


def test_of_too_many_the_newest_are_shown_and_the_page_says_that_there_are_more(
    agent, monkeypatch, customers
):
    monkeypatch.setattr(conversation_search, "MAX_FOUND", 2)
    newer = [add_conversation(contact_name=f"Zoe {number}") for number in range(3)]

    page = parse(Browser(agent).client.get(LIST, {"q": "zoe"}).content.decode())

    assert find_conversations("zoe").keys == [chat.pk for chat in newer[:0:-1]]
    assert "More conversations match than can be shown: these are 2 of them." in page.text
    assert "More conversations match" not in Browser(agent).client.get(LIST, {"q": "maria"}).content.decode()


def test_of_too_many_customers_some_are_looked_at_and_the_page_says_that_there_are_more(
    monkeypatch, customers
):
    monkeypatch.setattr(conversation_search, "MAX_CUSTOMERS", 2)
    for name in ("zoe1", "zoe2"):
        add_conversation(user=User.objects.create_user(name))
    assert not find_conversations("zoe").has_more

    add_conversation(user=User.objects.create_user("zoe3"))

    found = find_conversations("zoe")
    assert (len(found.keys), found.has_more) == (2, True)


def test_a_search_and_a_filter_narrow_each_other(agent, customers):
    Conversation.objects.filter(pk=customers["maria"].pk).update(owner="closed")

    def count(**query: str) -> int:
        return Browser(agent).client.get(LIST, query).content.decode().count("field-title_or_number")

    assert count(q="maria", owner__exact="closed") == 1
    assert count(q="maria", owner__exact="bot") == 0


@pytest.mark.parametrize("search", ["maria", "maria ortega", "öberg", "asa_lind@example.org", "kettle"])
def test_no_table_is_read_whole_for_a_search(customers, search):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it would not look for an index in so few rows
        with CaptureQueriesContext(connection) as queries:
            find_conversations(search)
        # The last row of a table is found at once, though SQLite calls that a scan too.
        statements = [query["sql"] for query in queries if not query["sql"].endswith("LIMIT 1")]
        plans = [explain(cursor, statement) for statement in statements]

    assert len(plans) == 2
    for plan in plans:
        assert not [line for line in plan if line.strip(" ->").startswith(WHOLE_TABLE[connection.vendor])], (
            plan
        )


def explain(cursor: Any, sql: str) -> list[str]:
    cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {sql}")
    return [str(row[-1]) for row in cursor.fetchall()]


@pytest.mark.parametrize("who", PAGES)
def test_no_list_has_more_than_ten_queries(who, customers, agent):
    """Nor has any search or filter of one."""
    from supportbot.conversations.staff_group import ensure_staff_groups

    lead = User.objects.create_user("lead", is_staff=True)
    lead.groups.add(ensure_staff_groups()[1])
    people = {
        "agent": agent,
        "lead": lead,
        "administrator": User.objects.create_superuser("administrator"),
    }
    client = Client()
    client.force_login(people[who])

    counts = {}
    for page, path in PAGES[who].items():
        client.get(path)  # what is looked up once in a process
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        counts[page] = len(queries)
        assert response.status_code == 200 or "p=" in path, page

    assert {page: count for page, count in counts.items() if count > MAX_QUERIES} == {}
    assert max(counts.values()) > 5


def add_tickets(count: int) -> None:
    talks = Conversation.objects.bulk_create(Conversation(guest_key="g") for _ in range(count))
    Ticket.objects.bulk_create(
        Ticket(number=f"TKT-{talk.pk:08}", issue="It leaks", conversation=talk) for talk in talks
    )


def add_kept_mails(count: int) -> None:
    first = IncomingMail.objects.count()
    IncomingMail.objects.bulk_create(
        IncomingMail(key=str(first + number), outcome="foreign", text="Hello") for number in range(count)
    )


def add_saved_replies(count: int) -> None:
    SavedReply.objects.bulk_create(
        SavedReply(title="Hello", text="Hi!", is_shared=True) for _ in range(count)
    )


JOBS, EVENTS = Job.objects.filter, AuditEvent.objects.filter
# How rows are added, and what each of them leaves.
ACTIONS_ON_MANY = {
    "tickets_ticket ask_the_assistant": (add_tickets, JOBS(key__startswith="triage:")),
    "tickets_ticket delete_selected": (add_tickets, EVENTS(action="ticket_deleted")),
    "tickets_ticket set_resolved": (add_tickets, EVENTS(action="ticket_changed")),
    "tickets_ticket assign_to_me": (add_tickets, EVENTS(action="ticket_changed")),
    "mail_incomingmail dismiss_mails": (add_kept_mails, EVENTS(action="mail_dismissed")),
    "desk_savedreply delete_selected": (add_saved_replies, EVENTS(action="saved_reply_deleted")),
}


@pytest.mark.parametrize("name", ACTIONS_ON_MANY)
def test_what_is_done_to_a_hundred_rows_takes_as_many_queries_as_to_ten(
    admin_client: Client, name: str
) -> None:
    (place, action), (add_rows, left) = name.split(), ACTIONS_ON_MANY[name]
    chosen = {"action": action, "select_across": "1", "index": "0", "_selected_action": ["1"], "post": "yes"}
    counts = []
    for count in (10, 100):
        add_rows(count)
        before = left.count()
        with CaptureQueriesContext(connection) as queries:
            admin_client.post(reverse(f"admin:{place}_changelist"), chosen)
        counts.append(len(queries))
        assert left.count() == before + count

    assert counts[1] <= counts[0]


@pytest.mark.parametrize("page", ["changelist", "add", "change", "history", "delete"])
def test_the_way_to_a_page_names_no_step_twice(admin_client, page):
    ticket = Ticket.objects.create(issue="Late")
    key = [] if page in ("changelist", "add") else [ticket.pk]

    shown = parse(admin_client.get(reverse(f"admin:tickets_ticket_{page}", args=key)).content.decode())

    steps = [step.strip() for step in shown.classed("breadcrumbs")[0].text.split("›")]
    assert steps[:2] == ["Home", "Tickets"]
    assert len(set(steps)) == len(steps)
