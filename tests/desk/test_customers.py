"""One page for each customer: all that staff may know of them, for whoever may read conversations, and on record."""

import re
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Order
from supportbot.assistant.app_functions import collect_app_functions
from supportbot.assistant.customer_records import (
    CustomerOnRecord,
    CustomerRecord,
    Record,
    Records,
    customer_record,
)
from supportbot.audit.models import AuditEvent
from supportbot.conversations.models import Conversation, Rating
from supportbot.desk.checks import check_customer_records
from supportbot.desk.models import Note
from supportbot.usage.models import ModelRequest
from tests.conversations.markup import parse
from tickets.models import Ticket

MAX_QUERIES = 15


@pytest.fixture
def agents(agent: User) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def add_conversation(title: str, **values: Any) -> Conversation:
    """With a ticket, a rating, a note, and a request to a model."""
    chat = Conversation.objects.create(title=title, last_seq=2, **values)
    Ticket.objects.create(issue=f"Issue of {title}", conversation=chat, customer=chat.user)
    Rating.objects.create(
        conversation=chat, handler="staff", is_good=False, rated=timezone.now(), words=f"Words on {title}"
    )
    Note.objects.create(conversation=chat, author_name="Sam", text=f"Note on {title}")
    ModelRequest.objects.create(
        conversation=chat, purpose="answer", backend="chat", input=1000, output=10, cost=Decimal("0.5")
    )
    return chat


def read_page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(parse(response.content.decode()).text.split())


def test_the_page_of_an_account_has_all_that_is_theirs_and_nothing_of_others(agents, alice, bob):
    add_conversation("A late lamp", user=alice)
    add_conversation("A broken lamp", user=alice)
    add_conversation("A secret kettle", user=bob)
    Order.objects.create(number="ORD-999", customer=bob, email="alice@example.com")

    text = read_page(agents, f"/admin/desk/customer/{alice.pk}/")

    for name in ("A late lamp", "A broken lamp"):
        # The conversation, its ticket and rating, its note and where that stands.
        assert text.count(name) >= 5
    assert "ORD-123" in text
    assert "alice@example.com" in text
    assert "2,000 read, 20 written, in 2 requests · $1.00" in text
    assert "kettle" not in text
    assert "ORD-999" not in text


def test_the_records_of_a_customer_stand_beside_their_conversation_and_the_look_is_on_record(
    agents, agent, alice, bob
):
    own = add_conversation("A late lamp", user=alice)
    add_conversation("A secret kettle", user=bob)
    guests = add_conversation("A guest's lamp", guest_key="a", contact_email="alice@example.com")

    accounts_text = read_page(agents, f"/admin/desk/c/{own.pk}/records/")
    guests_text = read_page(agents, f"/admin/desk/c/{guests.pk}/records/")

    for words in ("Issue of A late lamp", "ORD-123", "Words on A late lamp"):
        assert words in accounts_text
    assert "Issue of A guest's lamp" in guests_text
    assert "late lamp" not in guests_text
    assert "kettle" not in accounts_text + guests_text
    looks = AuditEvent.objects.filter(action="read_customer", actor_id=agent.pk).order_by("pk")
    assert list(looks.values_list("conversation_id", "subject")) == [
        (None, f"Account {alice.pk}"),
        (guests.pk, ""),
    ]


def test_a_long_issue_of_a_ticket_says_that_it_goes_on(agents, alice):
    add_conversation("A lamp " + "that flickers " * 5, user=alice)

    text = read_page(agents, f"/admin/desk/customer/{alice.pk}/")

    (issue,) = re.findall(r"Issue of A lamp [^…]*…", text)
    assert len(issue) == 80


def test_a_guest_is_their_browser_and_the_address_that_they_left(agents, alice):
    first = add_conversation("First", guest_key="a", contact_email="Gus@example.org", contact_name="Gus")
    add_conversation("Same browser", guest_key="a")
    add_conversation("Same address", guest_key="b", contact_email="gus@EXAMPLE.org")
    add_conversation("Longer address", guest_key="c", contact_email="gus@example.org.uk")
    add_conversation("Somebody else", guest_key="d")
    add_conversation("An account", user=alice, contact_email="gus@example.org")
    Order.objects.create(number="ORD-777", email="gus@example.org")

    text = read_page(agents, f"/admin/desk/guest/{first.pk}/")

    assert all(name in text for name in ("First", "Same browser", "Same address", "ORD-777", "not verified"))
    assert not any(name in text for name in ("Longer address", "Somebody else", "An account", "ORD-123"))


def test_a_guest_without_an_address_or_a_key_has_one_conversation(agents):
    """An empty key and an empty address are of many."""
    chat = add_conversation("Mine", guest_key="", contact_email="")
    add_conversation("Another", guest_key="", contact_email="")
    Order.objects.create(number="ORD-778", email="")

    text = read_page(agents, f"/admin/desk/guest/{chat.pk}/")

    assert "Mine" in text
    assert "Another" not in text
    assert "ORD-778" not in text


def test_a_guest_who_signed_in_has_the_page_of_the_account(agents, alice):
    chat = add_conversation("Signed in", user=alice)

    response = agents.get(f"/admin/desk/guest/{chat.pk}/")

    assert response["location"] == f"/admin/desk/customer/{alice.pk}/"
    assert not AuditEvent.objects.filter(action="read_customer").exists()


@pytest.mark.parametrize(
    "address", ["customer/987654321", "guest/987654321", "customer/99999999999999999999"]
)
def test_nobody_has_no_page(agents, address):
    assert agents.get(f"/admin/desk/{address}/").status_code == 404


def test_a_reading_is_on_record_once_in_ten_minutes(agents, alice, agent, monkeypatch):
    guest = add_conversation("A guest", guest_key="g")
    for _ in range(2):
        agents.get(f"/admin/desk/customer/{alice.pk}/")
        agents.get(f"/admin/desk/guest/{guest.pk}/")

    account = f"Account {alice.pk}"  # not the name, which would outlast the account there
    read = AuditEvent.objects.filter(action="read_customer").values_list(
        "actor_id", "subject", "conversation_id"
    )
    assert sorted(read, key=str) == sorted([(agent.pk, account, None), (agent.pk, "", guest.pk)], key=str)

    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    agents.get(f"/admin/desk/customer/{alice.pk}/")
    assert AuditEvent.objects.filter(action="read_customer", subject=account).count() == 2


def test_whoever_may_not_see_orders_or_tickets_sees_none(alice):
    add_conversation("A late lamp", user=alice)
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client = Client()
    client.force_login(reader)

    text = read_page(client, f"/admin/desk/customer/{alice.pk}/")

    assert "A late lamp" in text
    assert "ORD-123" not in text
    assert "Issue of" not in text


@pytest.mark.parametrize("kind", ["customer", "guest"])
def test_the_page_has_at_most_fifteen_queries_however_much_there_is(agents, alice, kind):
    values = {"user": alice} if kind == "customer" else {"guest_key": "g", "contact_email": "g@example.org"}
    chats = [add_conversation(f"Chat {number}", **values) for number in range(18)]
    address = (
        f"/admin/desk/customer/{alice.pk}/" if kind == "customer" else f"/admin/desk/guest/{chats[0].pk}/"
    )
    agents.get("/admin/")  # what is looked up once in a process

    with CaptureQueriesContext(connection) as queries:
        text = read_page(agents, address)

    assert len(queries) <= MAX_QUERIES
    assert "Conversations 18" in text
    assert "Tickets 18" in text
    assert "Ratings 18" in text


def test_conversations_tickets_and_orders_lead_to_the_page(agents, alice):
    chat = add_conversation("A late lamp", user=alice)
    guest = add_conversation("A guest", guest_key="g")
    order = Order.objects.get(number="ORD-123")
    pages = {
        f"/admin/conversations/conversation/{chat.pk}/change/": f"/admin/desk/customer/{alice.pk}/",
        f"/admin/conversations/conversation/{guest.pk}/change/": f"/admin/desk/guest/{guest.pk}/",
        f"/admin/tickets/ticket/{chat.tickets.get().pk}/change/": f"/admin/desk/customer/{alice.pk}/",
        f"/admin/tickets/ticket/{guest.tickets.get().pk}/change/": f"/admin/desk/guest/{guest.pk}/",
        f"/admin/orders/order/{order.pk}/change/": f"/admin/desk/customer/{alice.pk}/",
    }

    for page, link in pages.items():
        assert f'href="{link}"' in agents.get(page).content.decode(), page
    # And from there to all that is theirs.
    for _ in range(11):
        add_conversation("More", user=alice)
        Order.objects.create(number=f"ORD-9{Order.objects.count()}", customer=alice)
    page = parse(agents.get(f"/admin/desk/customer/{alice.pk}/").content.decode())
    addresses = [each["href"] for each in page.all("a") if each.text == "All of them"]
    assert len(addresses) == 2
    for address in addresses:
        assert agents.get(address).status_code == 200


def test_an_app_of_a_stranger_shows_its_records():
    app = ModuleType("returns.customer_records")

    @customer_record("returns.view_return")
    def list_returns(customer: CustomerOnRecord) -> Records:
        return Records(title="Returns", columns=("Number",), rows=(Record(f"RET-{customer.user}"),), total=1)

    list_returns.function.__module__ = app.__name__
    app.list_returns = list_returns

    (found,) = collect_app_functions(CustomerRecord, [app])
    assert found.right == "returns.view_return"
    assert found(CustomerOnRecord(7, ())).rows[0].name == "RET-7"


def test_a_right_that_does_not_exist_is_told(monkeypatch):
    @customer_record("orders.view_oder")
    def list_orders(customer: CustomerOnRecord) -> Records:
        raise NotImplementedError

    desk = apps.get_app_config("desk")
    monkeypatch.setattr(desk, "customer_records", [*desk.customer_records, list_orders])

    (error,) = check_customer_records(None)

    assert error.id == "supportbot.E014"
    assert "list_orders names 'orders.view_oder', which is no right" in error.msg


@pytest.fixture
def add_record(monkeypatch):
    """Have an app show a record, before those that there are."""
    desk: Any = apps.get_app_config("desk")

    def add(function: Any) -> None:
        function.__module__ = "orders.customer_records"
        made = customer_record("orders.view_order")(function)
        monkeypatch.setattr(desk, "customer_records", [made, *desk.customer_records])

    return add


class Unreadable:
    def __str__(self) -> str:
        raise AttributeError("no such thing")


def raise_error(customer: CustomerOnRecord) -> Records:
    raise ValueError("no such thing")


def query_missing_table(customer: CustomerOnRecord) -> Records:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    raise NotImplementedError


def return_nothing(customer: CustomerOnRecord) -> Any:
    return None


def show_unreadable_value(customer: CustomerOnRecord) -> Records:
    return Records(
        title="Returns", columns=("Number", ""), rows=(Record("RET-1", "", (Unreadable(),)),), total=1
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "function", [raise_error, query_missing_table, return_nothing, show_unreadable_value]
)
def test_records_that_fail_leave_all_others_on_the_page(agents, alice, add_record, caplog, function):
    add_conversation("A late lamp", user=alice)
    add_record(function)

    text = read_page(agents, f"/admin/desk/customer/{alice.pk}/")

    assert "Orders These records could not be loaded; the server’s log says why." in text
    assert "ORD-123" in text
    assert "Words on A late lamp" in text
    assert "Note on A late lamp" in text
    (logged,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert logged.getMessage() == f"@customer_record orders.customer_records.{function.__name__} failed"
    assert logged.exc_info


def test_a_database_that_is_out_of_reach_fails_the_whole_page(agents, alice, add_record):
    def lose_connection(customer: CustomerOnRecord) -> Records:
        raise OperationalError("server closed the connection unexpectedly")

    add_record(lose_connection)
    agents.raise_request_exception = False

    response = agents.get(f"/admin/desk/customer/{alice.pk}/")

    assert response.status_code == 503
