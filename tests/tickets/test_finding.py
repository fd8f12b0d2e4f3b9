"""Staff find a ticket by what they know of it, and the list stays quick with ten thousand of them."""

from datetime import timedelta
from time import process_time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from supportbot.conversations.models import Conversation, Message, Turn
from supportbot.desk.conversation_search import find_conversations
from tickets.models import Tag, Ticket
from tickets.search import find_tickets

LIST = reverse("admin:tickets_ticket_changelist")
MAX_QUERIES = 10
MAX_SECONDS = 0.3
MAX_TRIES = 5
LISTS = ("", "view=mine", "view=unassigned", "view=waiting", "view=overdue", "q=Question+77", "p=3", "o=-9")
# Of a plan for a table that is read from its beginning to its end, though only some of it is wanted.
WHOLE_TABLE = {"sqlite": "SCAN tickets_ticket", "postgresql": "Seq Scan on tickets_ticket"}


def begin_talk(text: str, **values: Any) -> Conversation:
    talk = Conversation.objects.create(last_seq=1, **values)
    turn = Turn.objects.create(conversation=talk, state="done")
    Message.objects.create(conversation=talk, turn=turn, seq=1, role="customer", text=text)
    return talk


@pytest.fixture
def tickets(alice: User) -> dict[str, Ticket]:
    guests = begin_talk(
        "Is there a café?", guest_key="g", contact_name="Åsa Lind", contact_email="asa@example.org"
    )
    begin_talk("My kettle leaks too", guest_key="other")  # without a ticket
    found = {
        "alice": Ticket(
            number="TKT-12345678",
            issue="The lamp of ORD-123 is broken",
            customer=alice,
            conversation=begin_talk("My kettle leaks", user=alice),
        ),
        "guest": Ticket(
            number="TKT-12300000", issue="Opening hours", conversation=guests, order_number="#1001"
        ),
        "phone": Ticket(
            number="TKT-99999999",
            issue="Wants an invoice",
            guest_name="Petra Öz",
            guest_email="petra@example.net",
        ),
    }
    for ticket in found.values():
        ticket.save()
    found["phone"].tags.add(Tag.objects.create(name="billing"))
    return found


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("TKT-12345678", "alice"),
        ("tkt-123", "alice guest"),
        ("12345678", "alice"),
        ("TKT-5", ""),
        ("TKT 12345678", "alice"),
        ("#tkt–12345678.", "alice"),
        ("Re: Your requests TKT-12345678, TKT-12300000 to TechCorp", "alice guest"),
        ("TKT 123456789", ""),
        ("ord-123", "alice"),
        ("#ORD-123", "alice"),
        ("1001", "guest"),
        ("#1001", "guest"),
        ("alice", "alice"),
        ("ALICE@example.com", "alice"),
        ("åsa", "guest"),
        ("asa@example.org", "guest"),
        ("petra", "phone"),
        ("öz", "phone"),
        ("petra@example.net", "phone"),
        ("billing", "phone"),
        ("lamp broken", "alice"),
        ('"is broken"', "alice"),
        ('"broken lamp"', ""),
        ("kettle", "alice"),
        ("CAFÉ", "guest"),
        ("kettle café", ""),
        ("100%", ""),
        ("%", ""),
        ("'", ""),
        ("²", ""),
        ("9" * 40, ""),
    ],
)
def test_tickets_are_found(tickets, search, names):
    found = find_tickets(search)
    assert sorted(name for name, ticket in tickets.items() if ticket.pk in found.keys) == sorted(
        names.split()
    )
    assert not found.has_more


def test_a_ticket_is_found_by_the_same_spellings_of_a_word_as_a_conversation(alice):
    talk = begin_talk("Die Straßen-Übergabe fehlt", user=alice)
    ticket = Ticket.objects.create(number="TKT-40000000", issue="Die Straßen-Übergabe fehlt")

    assert find_conversations("straßen-übergabe").keys == [talk.pk]
    assert find_tickets("straßen-übergabe").keys == [ticket.pk]


def test_the_saved_views_show_what_their_numbers_say(desk, agent, bob):
    now = timezone.now()
    bob.is_staff = True
    bob.save()
    bob.groups.set(agent.groups.all())
    for number, values in {
        "mine": {"assignee": agent},
        "mine-late": {"assignee": agent, "created": now - timedelta(days=3)},
        "nobodys": {},
        "of-who-has-left": {"assignee": User.objects.create(username="gone", is_active=False)},
        "bobs-pending": {"assignee": bob, "status": "pending"},
        "mine-closed": {"assignee": agent, "status": "closed"},
    }.items():
        Ticket.objects.create(number=number, issue="x", **values)

    shown = {}
    for view in ("mine", "unassigned", "waiting", "overdue"):
        page = desk.get(LIST, {"view": view})
        shown[view] = sorted(ticket.number for ticket in page.context["cl"].result_list)
        counts = {name: count for name, _label, count, _is_shown in page.context["views"]}
        assert counts[view] == len(shown[view])
    assert shown == {
        "mine": ["mine", "mine-late"],
        "unassigned": ["nobodys", "of-who-has-left"],
        "waiting": ["mine", "mine-late", "nobodys", "of-who-has-left"],
        "overdue": ["mine-late"],
    }
    assert '<a href="?view=overdue" data-view="overdue">' in desk.get(LIST).content.decode()


def test_a_view_or_a_filter_that_there_is_not_is_no_error(desk):
    for query in ("view=nothing", "assignee=x", "tag=" + "9" * 30):
        assert desk.get(f"{LIST}?{query}", follow=True).status_code == 200


@pytest.mark.parametrize("search", ["", "q=lamp&"])
def test_what_the_list_is_narrowed_to_is_named_also_while_one_searches(desk, tickets, agent, search):
    """Also who has nothing left to do, and is not offered any more."""
    agent.first_name, agent.last_name = "Alex", "Agent"
    agent.save()
    Ticket.objects.filter(number="TKT-12345678").update(assignee=agent, status="closed")
    tag = Tag.objects.get()
    tickets["alice"].tags.add(tag)

    page = desk.get(f"{LIST}?{search}assignee={agent.pk}&tag={tag.pk}")

    chosen = {
        choice["display"]
        for each in page.context["cl"].filter_specs
        if each.title in ("assignee", "tag")
        for choice in each.choices(page.context["cl"])
        if choice["selected"]
    }
    assert chosen == {"Alex Agent", "billing"}
    assert [ticket.number for ticket in page.context["cl"].result_list] == ["TKT-12345678"]


@pytest.fixture
def year(db: None, agent: User) -> None:
    """Ten thousand tickets, most of them ended."""
    customers = User.objects.bulk_create(
        User(username=f"customer{n}", email=f"customer{n}@example.com") for n in range(500)
    )
    talks = Conversation.objects.bulk_create(
        Conversation(user=customers[n % 500], last_seq=1) for n in range(10_000)
    )
    turns = Turn.objects.bulk_create(Turn(conversation=talk, state="done") for talk in talks[:2000])
    Message.objects.bulk_create(
        Message(conversation=turn.conversation, turn=turn, seq=1, role="customer", text=f"Question {n}")
        for n, turn in enumerate(turns)
    )
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(
            number=f"TKT-{n:08}",
            issue=f"Problem {n}",
            conversation=talk,
            customer_id=talk.user_id,
            status="open" if n % 20 == 0 else "pending" if n % 20 == 1 else "closed",
            priority=("low", "medium", "high")[n % 3],
            assignee=agent if n % 2 else None,
            due=now - timedelta(hours=n % 100 - 50),
            created=now - timedelta(minutes=n),
        )
        for n, talk in enumerate(talks)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_the_list_of_ten_thousand_tickets_takes_few_queries_and_little_time(desk, year):
    for query in LISTS:
        desk.get(f"{LIST}?{query}")
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(f"{LIST}?{query}")
        assert page.context["cl"].result_list, query
        assert len(queries) <= MAX_QUERIES, query
        # A search reads the newest tickets and messages, however many there are.
        if not query.startswith("q="):
            assert not [each["sql"] for each in queries if reads_whole_table(each["sql"])], query
        assert is_quick(desk, f"{LIST}?{query}"), query


def is_quick(desk: Any, address: str) -> bool:
    """Whether it takes little time on a machine that does something else too: the best of some tries counts."""
    for _try in range(MAX_TRIES):
        began = process_time()
        desk.get(address)
        if process_time() - began < MAX_SECONDS:
            return True
    return False


def reads_whole_table(sql: str) -> bool:
    """How many rows a table has is counted in whichever way the database likes."""
    return (
        sql.startswith("SELECT")
        and not sql.endswith('FROM "tickets_ticket"')
        and any(WHOLE_TABLE[connection.vendor] in line and "INDEX" not in line for line in read_plan(sql))
    )


def test_a_plan_that_reads_all_tickets_is_noticed(db):
    assert reads_whole_table("SELECT * FROM tickets_ticket WHERE issue LIKE '%lamp%'")


def read_plan(sql: str) -> list[str]:
    prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(prefix + sql)
        return [str(row[-1]) for row in cursor.fetchall()]
