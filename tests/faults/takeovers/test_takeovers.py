"""A person takes over at random moments of streaming turns with tools: nothing comes after it and nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from django.contrib.auth.models import User

from supportbot.conversations.models import Turn
from supportbot.server.executors import on_database_thread

from .checker import check_takeover
from .grabs import Grab, check_grabs, contest_in_process, contest_in_threads, find_percentile, make_waiting
from .plan import GRABS, SEED, TAKEOVERS, draw_plans
from .play import Shop, play_takeover
from .record import Record

AT_ONCE = 3


@pytest.mark.usefixtures("slow_tools")
async def test_after_a_takeover_nothing_of_the_bot_comes_and_no_word_before_it_is_lost(shop: Shop) -> None:
    """Some conversations at a time, each taken over once, with what else may happen in that moment."""
    plans = iter(draw_plans(TAKEOVERS, SEED))

    async def play_some() -> list[Record]:
        return [await play_takeover(shop, plan) for plan in plans]

    records = [
        record for some in await asyncio.gather(*(play_some() for _ in range(AT_ONCE))) for record in some
    ]

    complaints = [complaint for record in records for complaint in check_takeover(record)]
    assert not complaints, "\n".join([*complaints, f"seed {SEED}"])
    assert len(records) == TAKEOVERS
    assert sum(record.was_cut for record in records) > TAKEOVERS // 3, "too few came in mid-answer"
    assert not await Turn.objects.exclude(reservation={}).aexists()
    print(f"{TAKEOVERS} takeovers, seed {SEED}: {_describe(records)}")


@pytest.mark.usefixtures("transactional_db")
def test_of_all_who_reach_for_it_over_connections_of_their_own_one_has_it(
    alice: User, rivals: list[User]
) -> None:
    grabs = contest_in_threads(make_waiting(GRABS // 2, alice), rivals)

    assert len(grabs) == GRABS // 2 * len(rivals)
    assert check_grabs(grabs) == []
    print(f"{GRABS // 2} contested grabs over connections of their own: {_describe_losers(grabs)}")


async def test_of_all_who_reach_for_it_at_one_desk_one_has_it(
    transactional_db: None, alice: User, rivals: list[User]
) -> None:
    waiting = await on_database_thread()(make_waiting)(GRABS // 2, alice)

    grabs = await contest_in_process(waiting, rivals)

    assert len(grabs) == GRABS // 2 * len(rivals)
    assert await on_database_thread()(check_grabs)(grabs) == []
    print(f"{GRABS // 2} contested grabs at one desk: {_describe_losers(grabs)}")


def _describe(records: Sequence[Record]) -> str:
    cut = sum(record.was_cut for record in records)
    interrupted = sum(
        "Interrupted" in result for record in records for _, result in record.final.calls.values()
    )
    tickets = sum(len(record.final.tickets) for record in records)
    meanwhile = dict(Counter(record.plan.meanwhile for record in records))
    return (
        f"{cut} in mid-answer, {interrupted} calls of tools cut off, {tickets} tickets, meanwhile {meanwhile}"
    )


def _describe_losers(grabs: Sequence[Grab]) -> str:
    waited = [grab.seconds for grab in grabs if not grab.is_done]
    return f"{len(waited)} losers were told after {1000 * find_percentile(waited, 0.99):.0f} ms (p99)"
