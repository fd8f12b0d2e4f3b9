"""Support staff read conversations in admin, all of them and whole, and change nothing."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from supportbot.assistant.usage import RequestUsage
from supportbot.conversations.models import Conversation, Message, ToolCall, Turn
from supportbot.usage.models import ModelRequest, Outage
from supportbot.usage.recording import record_request

from .markup import Element, parse
from .page import Browser

USAGE = {
    "prompt_tokens": 608,
    "completion_tokens": 25,
    "total_tokens": 692,
    "prompt_tokens_details": {"cached_tokens": 128},
    "completion_tokens_details": {"reasoning_tokens": 59},
}
LIST = reverse("admin:conversations_conversation_changelist")


@pytest.fixture
def desk(agent: User) -> Browser:
    return Browser(agent)


def conversation_of(user: User | None, text: str, turns: int = 1) -> Conversation:
    """A conversation whose every turn looked up an order."""
    conversation = Conversation.objects.create(user=user, title=text[:80], guest_key="" if user else "g")
    for _ in range(turns):
        turn = Turn.objects.create(conversation=conversation, state="done", usage=[{}])
        said = [("customer", text), ("assistant", "One moment."), ("assistant", "It has **shipped**.")]
        messages = [
            Message.objects.create(
                conversation=conversation, turn=turn, seq=conversation.next_seq(), role=role, text=text
            )
            for role, text in said
        ]
        call = ToolCall(message=messages[1], position=0, call_id="c1", name="lookup_order", state="done")
        call.arguments, call.result = '{"order_id": "ORD-123"}', '{"status": "shipped"}'
        call.save()
    conversation.save()
    return conversation


def page_of(conversation: Conversation) -> str:
    return reverse("admin:conversations_conversation_change", args=[conversation.pk])


def read(browser: Browser, path: str) -> Element:
    response = browser.client.get(path)
    assert response.status_code == 200
    return parse(response.content.decode())


def rows(page: Element) -> list[str]:
    return [
        each.text for each in page.all("th") if "field-title_or_number" in each.attributes.get("class", "")
    ]


def test_the_list_holds_everybodys_conversations(desk, alice):
    conversation_of(alice, "Where is ORD-123?")
    conversation_of(None, "Do you ship abroad?")

    page = read(desk, LIST)

    assert rows(page) == ["Do you ship abroad?", "Where is ORD-123?"]
    assert "Alice Archer" in page.text
    assert "Guest" in page.text


def test_the_list_leaves_out_those_in_which_nothing_was_said(desk, chat):
    assert rows(read(desk, LIST)) == []


@pytest.mark.parametrize("words", ["ORD-123", "alice@example.com", "Archer"])
def test_a_conversation_can_be_searched_for(desk, alice, words):
    conversation_of(alice, "Where is ORD-123?")
    conversation_of(None, "Do you ship abroad?")

    assert rows(read(desk, f"{LIST}?q={words}")) == ["Where is ORD-123?"]


def test_a_conversation_can_be_searched_for_by_the_id_in_its_address(desk, alice):
    conversation = conversation_of(alice, "Where is ORD-123?")

    assert rows(read(desk, f"{LIST}?q={conversation.public_id}")) == ["Where is ORD-123?"]


def test_the_transcript_holds_all_that_was_said_and_done(desk, alice):
    page = read(desk, page_of(conversation_of(alice, "Where is ORD-123?")))

    log = page.one("div", id="log")
    said = [each.classed("text")[0].text.strip() for each in log.all("article")]
    assert said == ["Where is ORD-123?", "One moment.", "It has shipped."]
    call = page.one("details", data_tool="lookup_order")
    asked, got = (json.loads(each.text) for each in call.all("pre"))
    assert (asked, got) == ({"order_id": "ORD-123"}, {"status": "shipped"})
    assert call.one("summary").text.split() == ["lookup_order", "Done"]


def test_the_transcript_says_how_a_turn_ended(desk, alice):
    conversation = conversation_of(alice, "Where is ORD-123?")
    conversation.turns.update(state="failed", error="stalled")

    assert "The answer stopped partway through." in read(desk, page_of(conversation)).text


def test_nothing_in_it_can_be_changed(desk, alice):
    conversation = conversation_of(alice, "Where is ORD-123?")
    before = Conversation.objects.filter(pk=conversation.pk).values().get()

    page = read(desk, page_of(conversation))
    response = desk.client.post(page_of(conversation), {"owner": "closed", "title": "x"})

    assert response.status_code == 403
    assert Conversation.objects.filter(pk=conversation.pk).values().get() == before
    names = {each.attributes.get("name") for tag in ("input", "select", "textarea") for each in page.all(tag)}
    assert names.isdisjoint({"owner", "title", "user", "text", "_save"})


def test_nothing_can_be_added_or_deleted(desk, alice):
    conversation = conversation_of(alice, "Where is ORD-123?")

    assert desk.client.get(reverse("admin:conversations_conversation_add")).status_code == 403
    delete = reverse("admin:conversations_conversation_delete", args=[conversation.pk])
    assert desk.client.post(delete, {"post": "yes"}).status_code == 403
    desk.client.post(LIST, {"action": "delete_selected", "_selected_action": conversation.pk, "post": "yes"})
    assert Conversation.objects.filter(pk=conversation.pk).exists()


@pytest.mark.parametrize("who", ["bob", "staff without rights", "nobody"])
def test_others_do_not_get_in(who, alice, request):
    conversation = conversation_of(alice, "Where is ORD-123?")
    users = {
        "bob": lambda: request.getfixturevalue("bob"),
        "staff without rights": lambda: User.objects.create_user("new", is_staff=True),
        "nobody": lambda: None,
    }
    browser = Browser(users[who]())

    for path in (LIST, page_of(conversation)):
        response = browser.client.get(path)
        assert response.status_code in (302, 403)
        assert "ORD-123" not in response.content.decode()


def count_queries(browser: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        read(browser, path)
    return len(queries)


def test_the_list_costs_as_much_with_many_rows(desk):
    customers = [User.objects.create(username=f"customer{number}") for number in range(30)]
    for customer in customers[:2]:
        conversation_of(customer, "Hello")
    few = count_queries(desk, LIST)
    for customer in customers[2:]:
        conversation_of(customer, "Hello")

    assert count_queries(desk, LIST) == few
    assert few < 15


def test_a_transcript_costs_as_much_when_it_is_long(desk, alice):
    short, long = conversation_of(alice, "Hello", turns=2), conversation_of(alice, "Hello", turns=40)

    for page in (short, long):  # what Django looks up once in a process, and that these two are read
        read(desk, page_of(page))

    assert count_queries(desk, page_of(long)) == count_queries(desk, page_of(short)) < 17


def test_staff_see_what_each_turn_took_and_all_of_them_together(desk, alice):
    conversation = conversation_of(alice, "Hello", turns=2)
    for turn in conversation.turns.all():
        record_request(
            "answer", "chat", RequestUsage("grok-4.3", USAGE), conversation=conversation.pk, turn=turn.pk
        )
    record_request("triage", "chat", RequestUsage("grok-4.3", USAGE), conversation=conversation.pk)

    page = read(desk, page_of(conversation))

    lines = [" ".join(each.text.split()) for each in page.classed("took")]
    assert any(
        line.startswith("grok-4.3 · 1 request · 608 tokens in (128 cached), 25 out, 59 thinking")
        for line in lines
    )
    assert any(line.startswith("Together: grok-4.3 · 3 requests · 1824 tokens in") for line in lines)
    assert any("$0.0029" in line for line in lines)


def test_lists_of_staff_tell_times_and_purposes_as_the_desk_does(desk, alice):
    record_request("handover_note", "chat", RequestUsage("grok-4.3", USAGE))
    record_request("removed_app_question", "chat", RequestUsage("grok-4.3", USAGE))
    ModelRequest.objects.update(created="2026-11-28T16:12:00Z")
    outage = Outage.objects.create(began=ModelRequest.objects.all()[0].created, code="key_refused")

    rows = [row.text for row in read(desk, reverse("admin:usage_modelrequest_changelist")).all("tr")]
    outages = read(desk, reverse("admin:usage_outage_changelist"))

    assert any(row.startswith("28 Nov 2026, 16:12Note for a colleague") for row in rows), rows
    assert any("Removed app question" in row for row in rows), rows
    assert "The key was refused" in outages.one(id="result_list").text
    assert str(outage) == "Outage of 28 Nov 2026, 16:12 UTC"


def test_staff_see_what_each_day_took(desk, alice, clock):
    clock.wall = datetime(2026, 11, 22, 9, tzinfo=UTC)
    for day in ("2026-11-20", "2026-11-20", "2026-11-21"):
        record_request("answer", "chat", RequestUsage("grok-4.3", USAGE))
        ModelRequest.objects.filter(pk=ModelRequest.objects.latest("pk").pk).update(
            created=f"{day}T12:00:00Z"
        )

    page = read(desk, reverse("admin:usage_modelrequest_changelist"))

    (table,) = page.classed("days")
    rows = [" ".join(row.text.split()) for row in table.all("tr")][1:]
    assert rows == [
        "21 Nov 2026grok-4.316081282559$0.0010",
        "20 Nov 2026grok-4.32121625650118$0.0019",
    ]


def test_staff_read_what_the_assistant_remembers_of_the_oldest_part(desk, alice):
    conversation = conversation_of(alice, "Hello")
    Conversation.objects.filter(pk=conversation.pk).update(summary="She waits for <ORD-123>.")

    assert "She waits for <ORD-123>." in read(desk, page_of(conversation)).text
