"""The main job: a customer is helped with a late order, from the first word to the ticket on the desk of a person."""

from itertools import pairwise

import pytest
from playwright.async_api import expect

from tests.provider import Provider
from tests.servers import Site

from .chat import TICKET, Chat, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HELLO = "Hi, I ordered something but it hasn't arrived."
NUMBER = "The order number is ORD-123"
COMPLAINT = "Actually, I'd like to file a complaint about the delay."


def tickets_of(chat: Chat) -> list[str]:
    """The tickets that are linked to a conversation."""
    conversation = chat.site.find_conversation(chat.path)
    found = chat.site.rows("SELECT number FROM tickets_ticket WHERE conversation_id = %s", conversation)
    return [number for (number,) in found]


async def is_helped(chat: Chat) -> str:
    """The end of the conversation, once the order may be looked up. Returns the ticket."""
    await expect(chat.tools.last).to_have_text("Looked up order ORD-123")
    answer = chat.answer.locator(".text")
    await expect(answer).to_contain_text("ORD-123 has been shipped")
    await expect(answer).to_contain_text("2 days")

    told = TICKET.findall(await chat.ask(COMPLAINT))
    await expect(chat.tools.last).to_have_text("Ticket opened")
    assert tickets_of(chat) == told
    assert len(told) == 1
    return str(told[0])


async def test_a_customer_who_has_signed_in_is_helped_and_a_person_finds_the_ticket(
    somebody: Somebody, demo_site: Site
) -> None:
    alice = await somebody(demo_site, "alice")
    assert "order number?" in await alice.ask(HELLO)
    await alice.ask(NUMBER)
    ticket = await is_helped(alice)

    agent = await somebody(demo_site, "agent")
    await agent.menu("Admin")
    await agent.page.locator("#content").get_by_role("link", name="Tickets").last.click()
    await agent.page.get_by_role("link", name=ticket).click()
    page = agent.page.locator("#content")
    await expect(page).to_contain_text("Alice Archer")
    for said in (HELLO, NUMBER, COMPLAINT):
        await expect(page.locator("[data-role=customer]").filter(has_text=said)).to_be_visible()
    await expect(page.locator("[data-tool=lookup_order]")).to_have_count(1)
    await expect(page.locator("[data-tool=create_ticket]")).to_have_count(1)


async def test_a_guest_is_asked_for_the_e_mail_address_first(somebody: Somebody, demo_site: Site) -> None:
    guest = await somebody(demo_site)
    assert "order number?" in await guest.ask(HELLO)
    answer = await guest.ask(NUMBER)
    assert "e-mail address" in answer
    assert "shipped" not in answer

    await guest.ask("alice@example.com")
    await is_helped(guest)


async def test_a_foreign_order_is_not_found_in_the_words_for_one_that_does_not_exist(
    somebody: Somebody, demo_site: Site
) -> None:
    bob = await somebody(demo_site, "bob")
    await bob.ask(HELLO)
    foreign = await bob.ask(NUMBER)
    missing = await bob.ask("The order number is ORD-999")

    assert "can't find order ORD-123" in foreign
    assert missing == foreign.replace("ORD-123", "ORD-999")
    results = [each["content"] for each in await bob.transcript() if each["role"] == "tool"]
    assert results == [f'{{"error": "Order {number} not found"}}' for number in ("ORD-123", "ORD-999")]


async def test_the_model_is_sent_the_whole_conversation_in_order_with_every_call_and_its_result(
    somebody: Somebody, site: Site, provider: Provider
) -> None:
    alice = await somebody(site, "alice")
    provider.say("I am sorry. What is the order number?")
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has been shipped and is expected in 2 days.")
    provider.call("create_ticket", issue="Late delivery of ORD-123", priority="high")
    provider.say("I have opened a ticket.")

    for said in (HELLO, NUMBER, COMPLAINT):
        await alice.ask(said)

    sent = [request.messages for request in provider.requests]
    assert [len(messages) for messages in sent] == [2, 4, 6, 8, 10]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(sent))
    system, hello, asked, number, call, result, told, complaint, last_call, ticket = sent[-1]
    assert system["role"] == "system"
    assert "signed in as Alice" in system["content"]
    assert hello == {"role": "user", "content": HELLO}
    assert asked == {"role": "assistant", "content": "I am sorry. What is the order number?"}
    assert number == {"role": "user", "content": NUMBER}
    asked_for = call["tool_calls"][0]["function"]
    assert asked_for == {"name": "lookup_order", "arguments": '{"order_id": "ORD-123"}'}
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert '"status": "shipped", "eta": "2 days"' in result["content"]
    assert told == {"role": "assistant", "content": "It has been shipped and is expected in 2 days."}
    assert complaint == {"role": "user", "content": COMPLAINT}
    assert last_call["tool_calls"][0]["function"]["name"] == "create_ticket"
    assert ticket["tool_call_id"] == last_call["tool_calls"][0]["id"]
    assert tickets_of(alice) == TICKET.findall(ticket["content"])
    offered = {tool["function"]["name"] for tool in provider.requests[0].body["tools"]}
    assert offered > {"lookup_order", "create_ticket"}
