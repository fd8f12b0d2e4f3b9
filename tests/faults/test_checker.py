"""The checker itself: it is content with a good history, and finds each of these bugs when it is planted there."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from .checker import check
from .grounds import KEY, on_sqlite
from .history import CallRow, History, MessageRow, Shown

Plant = Callable[[History], None]


@pytest.fixture(scope="module")
def recorded(stocked_database: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """A short day without faults: plain questions, orders, tickets, an opening before its tools, one stopped answer."""

    async def play() -> History:
        async with on_sqlite(stocked_database, tmp_path_factory.mktemp("recorded")) as stage:
            one, other = await stage.customers(2)
            for kind in "powt":
                await one.until_ended(await one.say(kind))
            await other.until_ended(await other.say("b"))
            stage.upstream.delay = 0.2
            await other.say("p")
            await other.when_it_streams()
            await other.page.send(action="stop")
            return await stage.calm_down()

    return asyncio.run(play())


def test_a_good_history_is_found_good(recorded: History) -> None:
    assert check(recorded) == []
    assert {row.status for row in recorded.stored.messages} == {"complete", "partial"}
    assert len(recorded.stored.tickets) == 2


def a_row_is_lost(history: History) -> None:
    history.stored.messages.remove(_said(history)[0])


def a_row_is_doubled(history: History) -> None:
    row = _said(history)[-1]
    history.stored.messages.append(replace(row, message=999, seq=row.seq + 2, client_id=None))


def a_message_is_stored_in_other_words(history: History) -> None:
    _said(history)[0].text += " or not"


def a_message_was_never_taken(history: History) -> None:
    history.customers[0].sent["lost"] = "c1n99p: hello?"
    history.customers[0].tabs["lost"] = 0


def a_turn_is_answered_twice(history: History) -> None:
    row = _answers(history)[-1]
    history.stored.messages.append(replace(row, message=999, seq=row.seq + 1))


def a_ticket_is_doubled(history: History) -> None:
    history.stored.tickets.append(replace(history.stored.tickets[0], number="TKT-00000000"))


def a_ticket_is_missing(history: History) -> None:
    history.stored.tickets.pop()


def a_ticket_is_about_something_else(history: History) -> None:
    history.stored.tickets[0].issue = history.stored.tickets[1].issue


def a_turn_runs_for_ever(history: History) -> None:
    history.stored.turns[0].state = "running"


def an_answer_streams_for_ever(history: History) -> None:
    _answers(history)[0].status = "streaming"


def a_call_has_no_result(history: History) -> None:
    call = history.stored.calls[0]
    history.stored.calls[0] = CallRow(call.message, call.name, "pending", "")


def it_took_too_long(history: History) -> None:
    history.settled_after = 31


def a_cut_answer_is_shown_as_complete(history: History) -> None:
    row = next(row for row in history.stored.messages if row.status == "partial")
    row.status = "complete"
    _on_pages(history, row.message).status = "complete"


def an_answer_misses_its_end(history: History) -> None:
    row = _answers(history)[0]
    row.text = _on_pages(history, row.message).text = row.text[:-3]


def an_answer_belongs_to_another_message(history: History) -> None:
    first, second = _answers(history)[:2]
    first.text, second.text = second.text, first.text


def an_answer_has_a_piece_twice(history: History) -> None:
    shown = _on_pages(history, _answers(history)[0].message)
    shown.text = shown.text[:30] + shown.text[20:]


def a_page_misses_a_message(history: History) -> None:
    history.customers[0].pages[0].pop()


def a_page_shows_a_message_twice(history: History) -> None:
    page = history.customers[0].pages[0]
    page.append(page[-1])


def a_page_is_out_of_order(history: History) -> None:
    history.customers[0].pages[0].reverse()


def a_page_still_waits(history: History) -> None:
    history.customers[0].pages[0][-1].status = "streaming"


def a_text_was_repeated_while_it_came(history: History) -> None:
    texts = max(history.customers[0].observed.values(), key=len)
    texts.insert(1, texts[0] + texts[0])


def a_number_is_left_out(history: History) -> None:
    _said(history)[-1].seq += 7


def messages_changed_their_order(history: History) -> None:
    one, other = _said(history)[:2]
    one.client_id, other.client_id = other.client_id, one.client_id
    one.text, other.text = other.text, one.text


def a_frame_of_somebody_else_came(history: History) -> None:
    history.customers[0].owners_seen.append("c2")


def a_model_was_told_of_two_customers(history: History) -> None:
    history.asked.append(["c1n1p", "c2n1b"])


def the_provider_refused_a_history(history: History) -> None:
    history.refused.append("calls without a result")


def a_server_logged_a_traceback(history: History) -> None:
    history.logs[0] += "Traceback (most recent call last):\n  ...\nKeyError: 'fence'\n"


def a_server_logged_what_was_said(history: History) -> None:
    history.logs[0] += f"WARNING Turn 1 failed: {_said(history)[0].text}\n"


def a_server_logged_its_key(history: History) -> None:
    history.logs[0] += f"ERROR 401 for Bearer {KEY}\n"


def a_server_logged_a_session(history: History) -> None:
    history.logs[0] += f"INFO sessionid={history.secrets[-1]}\n"


PLANTED: dict[Plant, str] = {
    a_row_is_lost: "P1",
    a_message_is_stored_in_other_words: "P1",
    a_message_was_never_taken: "P1",
    a_row_is_doubled: "P2",
    a_turn_is_answered_twice: "P2",
    a_ticket_is_doubled: "P2",
    a_ticket_is_missing: "P2",
    a_ticket_is_about_something_else: "P2",
    a_turn_runs_for_ever: "P3",
    an_answer_streams_for_ever: "P3",
    a_call_has_no_result: "P3",
    it_took_too_long: "P3",
    the_provider_refused_a_history: "P3",
    an_answer_has_a_piece_twice: "P4",
    a_page_misses_a_message: "P4",
    a_page_shows_a_message_twice: "P4",
    a_page_is_out_of_order: "P4",
    a_page_still_waits: "P4",
    a_text_was_repeated_while_it_came: "P4",
    a_number_is_left_out: "P5",
    messages_changed_their_order: "P5",
    a_cut_answer_is_shown_as_complete: "P6",
    an_answer_misses_its_end: "P6",
    an_answer_belongs_to_another_message: "P6",
    a_frame_of_somebody_else_came: "P8",
    a_model_was_told_of_two_customers: "P8",
    a_server_logged_a_traceback: "P9",
    a_server_logged_what_was_said: "P9",
    a_server_logged_its_key: "P9",
    a_server_logged_a_session: "P9",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(recorded: History, plant: Plant) -> None:
    history = deepcopy(recorded)

    plant(history)

    assert [complaint for complaint in check(history) if complaint.startswith(PLANTED[plant])]


def _said(history: History) -> list[MessageRow]:
    return [row for row in history.stored.messages if row.role == "customer"]


def _answers(history: History) -> list[MessageRow]:
    return [row for row in history.stored.messages if row.role == "assistant" and row.text]


def _on_pages(history: History, message: int) -> Shown:
    pages = [page for customer in history.customers for page in customer.pages]
    return next(shown for page in pages for shown in page if shown.message == message)
