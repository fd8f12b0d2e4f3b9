"""Plays one takeover: a customer asks, the bot streams and runs tools, and in some moment of it a person takes over."""

import asyncio
import threading
from dataclasses import dataclass

from django.contrib.auth.models import User

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.turns import OwnershipResult
from supportbot.conversations.worker import runner
from tests.conversations.page import Browser, Page
from tests.faults import script
from tests.provider import Provider

from .plan import Plan
from .record import BotRows, Record, load_bot_rows, load_markers_for_bot, take_and_read

ENDED = ("done", "stopped", "failed", "interrupted")


@dataclass
class Shop:
    """Who takes part: a customer's browser, the model, and two members of staff."""

    customer: User
    browser: Browser
    model: Provider
    staff: tuple[User, User]

    def asked_by(self, plan: Plan) -> list[list[str]]:
        """The markers in each request that came of this customer."""
        asked = [script.asked_of(request) for request in tuple(self.model.requests)]
        return [
            markers for markers in asked if set(script.OWNER.findall(" ".join(markers))) == {plan.customer}
        ]


class ToolGate:
    """Where a tool waits that was called, before it begins. `begun` is set when one waits."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def pass_through(self) -> None:
        self.begun.set()
        assert self.go_on.wait(20), "nobody let the tool go on"


async def play_takeover(shop: Shop, plan: Plan, gate: ToolGate | None = None) -> Record:
    """With a `gate` it comes when a tool waits there, which goes on after the commit."""
    chat = await Conversation.objects.acreate(user=shop.customer)
    page = await shop.browser.open(chat)
    await page.say(script.message(plan.customer, 1, plan.kind))
    if gate is not None:
        assert await asyncio.to_thread(gate.begun.wait, 10)
    else:
        await page.until(lambda page: page.turns and (len(page.frames) > plan.frames or _has_ended(page)))
    if plan.meanwhile == "a message in line":
        await _say(page, plan, 2)

    results, committed = await _take_over(shop, plan, chat, page)
    if gate is not None:
        gate.go_on.set()
    await _wait_for_bot(chat)
    await page.take_all()
    record = Record(plan, results, committed, await load_bot_rows(chat.pk))
    record.shown_turn = page.turns[min(page.turns)].text

    record.for_bot = await load_markers_for_bot(chat.pk)
    await _say(page, plan, 3)
    record.asked, record.frames = shop.asked_by(plan), list(page.frames)
    await _hand_back(shop, chat)
    await _say(page, plan, 4)
    await page.until(lambda page: len(page.turns) and _has_ended(page))
    last = await Message.objects.filter(conversation=chat, role="assistant").order_by("turn", "seq").alast()
    record.last_answer = (last.status, last.text) if last else ("", "")
    record.asked_again = shop.asked_by(plan)[len(record.asked) :]
    await page.close()
    return record


async def _take_over(
    shop: Shop, plan: Plan, chat: Conversation, page: Page
) -> tuple[list[OwnershipResult], BotRows]:
    staff = shop.staff if plan.meanwhile == "a rival" else shop.staff[:1]
    if plan.meanwhile == "a message":
        await page.say(script.message(plan.customer, 2, "p"), f"{plan.customer}-2")
    elif plan.meanwhile == "the button":
        await page.request(action="person", client_id=f"{plan.customer}-person")
    taken = await asyncio.gather(*(_take_as_the_desk_does(chat, each) for each in staff))
    if plan.meanwhile == "a message":
        await page.until(lambda page: _shows(page, script.message(plan.customer, 2, "p")))
    committed = next(rows for result, rows in taken if result.is_done)
    return [result for result, _rows in taken], committed


async def _take_as_the_desk_does(chat: Conversation, staff: User) -> tuple[OwnershipResult, BotRows]:
    await runner.halt_turn(chat.pk)
    result, rows = await take_and_read(chat.pk, staff.pk)
    await runner.publish_and_start(result.change)
    return result, rows


async def _hand_back(shop: Shop, chat: Conversation) -> None:
    for staff in shop.staff:
        result = await turns.hand_back(chat.pk, staff.pk)
        await runner.publish_and_start(result.change)


async def _wait_for_bot(chat: Conversation) -> None:
    """Until nothing runs any more that belongs to the conversation, tools that were left behind too."""
    running = [each.task for each in runner.get_running_turns() if each.lease.conversation_id == chat.pk]
    await asyncio.gather(*running)
    for thread in threading.enumerate():
        if thread.name == "tool":
            await asyncio.to_thread(thread.join, 20)


async def _say(page: Page, plan: Plan, number: int) -> None:
    """Say something more, and wait until the page shows it."""
    text = script.message(plan.customer, number, "p")
    await page.say(text, f"{plan.customer}-{number}")
    await page.until(lambda page: _shows(page, text))


def _shows(page: Page, text: str) -> bool:
    return any(text in message.text for message in page.messages("customer"))


def _has_ended(page: Page) -> bool:
    return page.last["data-state"] in ENDED
