"""A customer can take the conversation home: as text to read, and as the messages array to use."""

import json

import pytest

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, ToolCall, Turn
from supportbot.conversations.turns.history import load_history

WORDS = "«Grüße» <b>&amp;</b> **🎉**"


@pytest.fixture
def said(chat: Conversation) -> Conversation:
    """A turn with a tool, and one whose answer was cut."""
    rows = [
        ("customer", WORDS, "complete"),
        ("assistant", "", "complete"),
        ("assistant", "**Shipped.**", "complete"),
    ]
    cut = [("customer", "And?", "complete"), ("assistant", "It will", "partial")]
    for state, messages in (("done", rows), ("stopped", cut)):
        turn = Turn.objects.create(conversation=chat, state=state)
        for role, text, status in messages:
            Message.objects.create(
                conversation=chat, turn=turn, seq=chat.next_seq(), role=role, text=text, status=status
            )
    chat.save()
    call = ToolCall(message=chat.messages.get(seq=2), position=0, call_id="c1", name="lookup_order")
    call.arguments, call.result, call.state = '{"order_id": "ORD-123"}', '{"status": "shipped"}', "done"
    call.save()
    return chat


def test_the_json_is_what_the_model_is_told(said, alices):
    document = alices.client.get(f"{said.get_absolute_url()}transcript.json").json()

    assert document["messages"] == [message.as_chat() for message in load_history(said)]
    assert [message["role"] for message in document["messages"]] == [
        *("user", "assistant", "tool", "assistant"),
        *("user", "assistant"),
    ]
    assert document["messages"][1]["tool_calls"][0]["function"]["name"] == "lookup_order"
    assert document["conversation"] == str(said.public_id)


def test_the_json_keeps_every_letter(said, alices):
    response = alices.client.get(f"{said.get_absolute_url()}transcript.json")

    assert json.loads(response.content)["messages"][0]["content"] == WORDS
    assert WORDS in response.content.decode()


def test_the_text_has_who_said_what_and_what_was_cut(said, alices):
    text = alices.client.get(f"{said.get_absolute_url()}transcript.txt").content.decode()

    blocks = [block.split("] ", 1)[1] for block in text.strip().split("\n\n")[1:]]
    assert blocks == [
        f"You:\n{WORDS}",
        "Assistant:\nShipped.",
        "You:\nAnd?",
        "Assistant (incomplete):\nIt will",
    ]


def test_an_answer_that_is_still_coming_is_not_told_as_a_whole_one(chat, alices, transactional_db):
    lease = turns.submit_message.run_sync(chat.pk, "May I send it back?", "a1").lease
    turns.begin_answer.run_sync(lease, lease.message_id, "It can be returned, but on")

    text = alices.client.get(f"{chat.get_absolute_url()}transcript.txt").content.decode()

    assert text.rstrip().endswith("Assistant (incomplete):\nIt can be returned, but on")


@pytest.mark.parametrize(
    ("ending", "kind"), [("txt", "text/plain; charset=utf-8"), ("json", "application/json")]
)
def test_it_is_a_file_to_keep_and_never_a_page(said, alices, ending, kind):
    headers = alices.client.get(f"{said.get_absolute_url()}transcript.{ending}").headers

    assert headers["content-type"] == kind
    assert headers["content-disposition"].startswith("attachment; ")
    assert headers["content-disposition"].endswith(f'.{ending}"')
    assert headers["x-content-type-options"] == "nosniff"


def test_a_conversation_in_which_nothing_was_said_can_be_taken_too(chat, alices):
    assert alices.client.get(f"{chat.get_absolute_url()}transcript.json").json()["messages"] == []
    assert alices.client.get(f"{chat.get_absolute_url()}transcript.txt").status_code == 200
