"""A handle stands for the very words that it was made for, at the server that gave it, and for nothing else."""

from dataclasses import replace

import pytest

from supportbot.assistant.backends.stored_state import MAX_HANDLE_CHARS, StoredState
from supportbot.assistant.messages import Image, Message, ToolCall

STORED_STATE = StoredState("responses", "https://api.x.ai/v1", "grok-4.3")
CALL = ToolCall("call_1", "lookup_order", '{"order_id": "ORD-123"}')
SAID = [
    Message("user", "Where is it?", images=(Image("https://techcorp.example/box.png"),)),
    Message("assistant", "One moment.", (CALL,)),
    Message("tool", '{"status": "shipped"}', tool_call_id="call_1"),
    Message("assistant", "It has shipped."),
]
NEXT = Message("user", "When?")


def kept(stored_state: StoredState = STORED_STATE, response_id: str = "resp_1") -> list[Message]:
    """The conversation with the handle on its last answer."""
    return [*SAID[:-1], replace(SAID[-1], handle=stored_state.make_handle(response_id, "Help.", SAID))]


def test_it_is_found_for_the_words_that_it_was_made_for():
    assert STORED_STATE.find_prefix("Help.", [*kept(), NEXT]) == ("resp_1", [NEXT])


@pytest.mark.parametrize(
    ("index", "change"),
    [
        (0, {"text": "Where is it"}),
        (0, {"role": "system"}),
        (0, {"images": ()}),
        (0, {"images": (Image("https://techcorp.example/bag.png"),)}),
        (0, {"images": (Image("https://techcorp.example/box.png", "low"),)}),
        (1, {"tool_calls": ()}),
        (1, {"tool_calls": (replace(CALL, id="call_2"),)}),
        (1, {"tool_calls": (replace(CALL, arguments="{}"),)}),
        (1, {"text": "One moment.lookup_order"}),
        (2, {"text": '{"status": "lost"}'}),
        (2, {"tool_call_id": "call_2"}),
        (3, {"text": "It has shipped. "}),
    ],
)
def test_it_is_not_found_when_one_thing_reads_otherwise(index, change):
    changed = [*kept(), NEXT]
    changed[index] = replace(changed[index], **change)

    assert STORED_STATE.find_prefix("Help.", changed) == ("", changed)


def test_it_is_not_found_when_a_word_has_moved_into_the_next_message():
    said = [Message("user", "a"), Message("user", "bc"), Message("assistant", "Yes.")]
    moved = [Message("user", "ab"), Message("user", "c"), Message("assistant", "Yes.")]
    handle = STORED_STATE.make_handle("resp_1", "Help.", said)

    assert STORED_STATE.find_prefix("Help.", [*moved[:2], replace(moved[2], handle=handle), NEXT])[0] == ""


@pytest.mark.parametrize(
    "other",
    [
        replace(STORED_STATE, model="grok-4.6"),
        replace(STORED_STATE, server="https://models.techcorp.example/v1"),
        replace(STORED_STATE, backend="xai"),
    ],
)
def test_it_is_not_found_by_another_model_server_or_backend(other):
    messages = [*kept(), NEXT]

    assert other.find_prefix("Help.", messages) == ("", messages)


def test_another_model_can_still_name_what_is_to_be_deleted_and_another_server_cannot():
    handle = kept()[-1].handle

    assert replace(STORED_STATE, model="grok-4.6").get_response_id(handle) == "resp_1"
    assert replace(STORED_STATE, server="https://models.techcorp.example/v1").get_response_id(handle) == ""


def test_an_id_with_colons_comes_back_as_it_was():
    assert STORED_STATE.find_prefix("Help.", [*kept(response_id="a:b::c"), NEXT])[0] == "a:b::c"


def test_an_answer_without_an_id_or_with_an_endless_one_has_no_handle():
    assert STORED_STATE.make_handle("", "Help.", SAID) == ""
    assert STORED_STATE.make_handle("x" * MAX_HANDLE_CHARS, "Help.", SAID) == ""


def test_a_conversation_that_ends_with_a_kept_answer_is_sent_whole():
    assert STORED_STATE.find_prefix("Help.", kept()) == ("", kept())
