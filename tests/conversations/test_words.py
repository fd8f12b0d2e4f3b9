"""What a customer reads from us is plain, and somebody has read it. `wording` finds it in the sources."""

import re
from difflib import unified_diff

import pytest
from django.contrib.auth.models import User
from django.test import Client

from supportbot.assistant.errors import ErrorCode
from supportbot.conversations.models import Turn
from supportbot.conversations.realtime.error_messages import get_failure_advice, get_failure_message

from . import wording

# Our own affairs, and words that frighten or blame.
NEVER = re.compile(
    r"\b(error|exception|invalid|illegal|fatal|fail(ed|ure)?|abort(ed)?|bug|crash(ed)?|null|undefined|oops|timeout|"
    r"server|database|socket|backend|provider|token|request|session|API|HTTP|LLM|wrongly|your fault)s?\b",
    re.IGNORECASE,
)
# What a tool answers is for the model, which says it in its own words.
TO_THE_MODEL = re.compile(r"tools\.py|assistant/loop\.py|conversations/(runner|steps)\.py")
BUTTONS = re.compile(r"try again|rephras|talk to a person|start a new conversation", re.IGNORECASE)


def read() -> dict[str, list[str]]:
    """The sentences that a customer reads, by the file they are in."""
    parts = (part.splitlines() for part in wording.collected().split("\n\n"))
    return {head: sentences for head, *sentences in parts if not TO_THE_MODEL.search(head)}


def test_every_sentence_that_a_customer_may_read_was_read_by_somebody() -> None:
    known, now = wording.PLACE.read_text(), wording.collected()
    changes = "\n".join(unified_diff(known.splitlines(), now.splitlines(), "words.txt", "sources", "", "", 1))

    if changes:
        pytest.fail(
            f"What customers read has changed:\n\n{changes}\n\nRead each new sentence as a customer in trouble "
            "would: does it say what happened and what to do next, in plain words, without blame? Then write it "
            "down:\n\n    python -m tests.conversations.wording\n",
            pytrace=False,
        )


def test_no_sentence_speaks_of_our_own_affairs_or_blames_anybody() -> None:
    wrong = [
        sentence for sentences in read().values() for sentence in sentences if NEVER.search(_said(sentence))
    ]

    assert not wrong


def _said(sentence: str) -> str:
    return wording.PLACEHOLDER.sub("", sentence)


@pytest.mark.parametrize("may_retry", [True, False])
@pytest.mark.parametrize("code", [*ErrorCode, "something new"])
def test_whatever_went_wrong_with_an_answer_the_customer_reads_what_can_be_done_next(
    code: str, may_retry: bool
) -> None:
    turn = Turn(state=Turn.State.FAILED, error=code, may_retry=may_retry)
    happened, advice = get_failure_message(turn), get_failure_advice(turn)

    assert happened.endswith(".")
    assert not BUTTONS.search(happened), "it stays when nothing can be done any more"
    assert BUTTONS.search(advice)
    assert may_retry or "try again" not in advice.lower(), "there is no such button"


def test_a_form_of_an_old_page_is_refused_in_our_own_words(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    response = browser.post("/new/")

    assert response.status_code == 403
    assert "This page had expired, so nothing was changed." in response.content.decode()
