"""Turns that a model makes up behind its answer in words alone, and answers that only look like a conversation."""

import pytest

from .spoken import read_calls

MADE_UP = {
    "Your order left.\n\nHuman: Thanks! And the lamp?\n\nAssistant: It left too.": "Your order left.\n",
    "Your order left.\nUser: Thanks!\nAssistant: Gladly!\nUser: Bye.": "Your order left.",
    "Your order left!\n\n**User:** Where is it?\n**Assistant:** On its way.": "Your order left!\n",
    "Anything else?\nUSER: No, thanks.\nASSISTANT: Bye.": "Anything else?",
    "Your order left.\n\n---\nCustomer: Thanks!\nAssistant: Gladly!": "Your order left.\n\n---",
    "Ihre Bestellung ging ab.\nKunde: Danke!\nAssistent: Gern!": "Ihre Bestellung ging ab.",
    "已发货。\n用户：谢谢！\n助手：不客气。": "已发货。",
    "Your order left.\nUser:": "Your order left.",
    "- Lamp\n- Tea\n\nBoth left.\n\nUser: Thanks.\nAI: Gladly.": "- Lamp\n- Tea\n\nBoth left.\n",
}
ANSWERS = [
    "Your account.\nUser: alice\nEmail: alice@shop.example",
    "Your account.\nUser: alice",
    "Your account.\nUser: alice\nAssistant: Bea",
    "It left.\n\nUser: Thanks!",
    "Your account.\nCustomer: Alice Smith\nAgent: Bea",
    "Your order.\n\nCustomer: Jane Doe, 5 Main St. Springfield\nAgent: DHL",
    "I've opened a ticket.\n\n**Customer:** The lamp is broken.\n**Agent:** not yet assigned",
    "Die Zusammenfassung.\nKunde: Dr. Max Mustermann\nSupport: 0800 123",
    "Su caso.\n\nCliente: Quiere devolver la lámpara.\nAgente: Sin asignar.",
    "Your account.\nClient: Alice.\nOrder: ORD-1\nAgent: Bea",
    "Here is an example:\n\nUser: Where is it?\nAssistant: It left.",
    "The roles are these.\nUser: Reads it.\nAssistant: Answers it.\nAdmin: Deletes it.",
    "The roles are these.\n\nUser: Reads it.\nAssistant:\n- answers.",
    "User: Hello!\nAssistant: Hello!",
    "```\nHi.\nUser: Hello!\nAssistant: Hello!\n```",
    "It says User: Hello!\nAssistant: Hello!",
    "It left.\nUsers: You and me.\nAssistant: Me.",
    '{"summary": "It is late.\nCustomer: wants it sent back.\nAssistant: opened a ticket."}',
    "It left.\nU",
    "It left.\n",
]


@pytest.mark.parametrize(("said", "shown"), [*MADE_UP.items(), *((each, each) for each in ANSWERS)])
@pytest.mark.parametrize("size", [1, 4, 1_000])
def test_an_answer_ends_where_the_model_makes_a_conversation_up(said: str, shown: str, size: int):
    assert read_calls(said, size) == (shown, [])


@pytest.mark.parametrize("size", [1, 1_000])
def test_what_is_called_in_a_made_up_turn_is_not_called(size: int):
    call = '<tool_call>{"name": "lookup_order", "arguments": {"order_id": "ORD-123"}}</tool_call>'
    turn = "\n\nUser: And ORD-123?\nAssistant: Let me look.\n"

    assert read_calls(f"It left.{turn}{call}", size) == ("It left.\n", [])
    assert len(read_calls(f"It left.\n{call}", size)[1]) == 1
    assert len(read_calls(f"Let me look.\n{call}{turn}", size)[1]) == 1
