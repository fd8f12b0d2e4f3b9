"""What the demo model makes of the results of tools: all that they say, and nothing that they don't."""

import json
from typing import Any

import pytest

from supportbot.demo.replies import compose_reply
from supportbot.demo.request import read_request
from supportbot.demo.wording import escape_markdown

SYSTEM = {
    "role": "system",
    "content": "You are the support assistant of TechCorp. The customer is signed in as Alice.",
}
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"properties": {each: {} for each in parameters}}},
    }
    for name, parameters in {
        "lookup_order": ["order_id", "email"],
        "create_ticket": ["issue", "priority"],
        "my_orders": [],
        "my_tickets": [],
        "request_human": ["reason"],
    }.items()
]


def answer_after_tool(text: str, tool: str, arguments: dict[str, Any], content: Any) -> str:
    """The answer to a message after one tool was called for it and this came back."""
    call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    messages = [
        SYSTEM,
        {"role": "user", "content": text},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {
            "role": "tool",
            "tool_call_id": "1",
            "content": content if isinstance(content, str) else json.dumps(content),
        },
    ]
    return compose_reply(read_request({"messages": messages, "tools": TOOLS})).text


def answer_after_lookup(content: Any, text: str = "ORD-123") -> str:
    return answer_after_tool(text, "lookup_order", {"order_id": "ORD-123"}, content)


@pytest.mark.parametrize(
    ("eta", "due", "says"),
    [
        ("2 days", "2026-11-25", "It is expected in **2 days** (25 November 2026)."),
        ("in 2 days", None, "It is expected **in 2 days**."),
        ("today", None, "It is expected **today**."),
        (None, "2026-11-25", "It is expected on **25 November 2026**."),
        (None, None, "I have no delivery date for it."),
        (
            "1 day late",
            "2026-11-22",
            "It was expected on 22 November 2026 and is **1 day late**. I'm sorry about that.",
        ),
        ("3 days late", None, "It is **3 days late**. I'm sorry about that."),
    ],
)
def test_it_words_when_an_order_comes(eta: str | None, due: str | None, says: str) -> None:
    result = {"order_id": "ORD-123", "status": "shipped", "eta": eta, "expected_delivery": due}

    assert answer_after_lookup(result).startswith(f"Order **ORD-123** has been shipped. {says}")


def test_it_tells_no_date_of_an_order_that_is_not_on_its_way() -> None:
    result = {
        "order_id": "ORD-123",
        "status": "cancelled",
        "eta": "2 days",
        "expected_delivery": "2026-11-25",
    }

    assert answer_after_lookup(result) == "Order **ORD-123** has been cancelled."


def test_it_tells_all_that_is_known_of_an_order() -> None:
    result = {
        "order_id": "ORD-123",
        "status": "delivered",
        "delivered": "2026-11-20",
        "items": [{"name": "Mug", "quantity": 2, "price": "9.90 USD"}, {"name": "Tea"}, "Spoon"],
        "total": "19.80 USD",
        "tracking": "TC1",
        "carrier": "DHL",
        "ordered": "2026-11-02",
    }

    assert answer_after_lookup(result) == (
        "Order **ORD-123** was delivered on 20 November 2026.\n\n"
        "- 2 × Mug (9.90 USD)\n- 1 × Tea\n- Spoon\n\n"
        "Ordered on 2 November 2026. Total: 19.80 USD. Tracking number: TC1 (DHL)."
    )


@pytest.mark.parametrize("status", ["", None])
def test_it_does_not_make_up_a_status(status: str | None) -> None:
    assert answer_after_lookup({"order_id": "ORD-123", "status": status}).startswith(
        "I found order **ORD-123**, but not its status."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            {"error": "Too many orders were not found, so this is paused. Offer a person instead."},
            "Too many orders were not found, so this is paused. Would you like me to pass this on",
        ),
        ({"error": "Order ORD-123 not found"}, "I can't find order **ORD-123**. Please check the number"),
        (
            {"error": "Too many tries. Say so kindly and offer a person."},
            "Too many tries. Would you like me to pass this on",
        ),
        (
            {"error": "The tool took too long."},
            "couldn't look up order **ORD-123**: something went wrong on our side.",
        ),
        (
            {"error": "Invalid arguments", "problems": ["order_id: too long"]},
            "something went wrong on our side.",
        ),
        (
            {"error": "More than one", "possible": ["A-1", "B-1"]},
            "**A-1** or **B-1**. Which one do you mean?",
        ),
        ("<html>502 Bad Gateway", "an answer that I can't read: “\\<html\\>502 Bad Gateway”"),
        ("[1, 2]", "an answer that I can't read"),
        ("", "an answer that I can't read"),
    ],
)
def test_it_is_honest_about_a_failure(content: Any, says: str) -> None:
    assert says in answer_after_lookup(content)


def test_order_data_can_not_become_markup() -> None:
    item = {"name": "**Big** [sale](https://evil.example) <b>now</b>\n# hurry", "quantity": 1}

    answer = answer_after_lookup({"order_id": "ORD-123", "status": "shipped", "items": [item]})

    assert r"1 × \*\*Big\*\* \[sale\](https://evil.example) \<b\>now\</b\> # hurry" in answer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("in_transit", "in_transit"),
        ("_so_", r"\_so\_"),
        ("a\n\n b", "a b"),
        (12.5, "12.5"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_values_stand_on_one_line_as_they_are(value: Any, text: str) -> None:
    assert escape_markdown(value) == text


def test_it_tells_the_number_that_came_back_and_no_other() -> None:
    result = {"ticket_id": "TKT-5", "priority": "low", "note": "This ticket is already there."}

    answer = answer_after_tool(
        "complaint: the mug is ugly", "create_ticket", {"issue": "…", "priority": "medium"}, result
    )

    assert answer == (
        "Your request is with our team: ticket **TKT-5** with low priority. This ticket is already there. "
        "A colleague will look into it."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            {"error": "This conversation already has 3 tickets; say so kindly."},
            "This conversation already has 3 tickets.",
        ),
        (
            {"error": "The tool failed. Do not guess what it would have said."},
            "couldn't open a ticket: something went wrong",
        ),
        ("queued", "this came back: queued."),
    ],
)
def test_it_claims_no_ticket_that_was_not_opened(content: Any, says: str) -> None:
    answer = answer_after_tool("complaint: the mug is ugly", "create_ticket", {"issue": "…"}, content)

    assert says in answer
    assert "opened" not in answer


@pytest.mark.parametrize(
    ("tool", "text", "content", "says"),
    [
        ("my_orders", "my orders", {"orders": []}, "I don't see any orders in your account."),
        ("my_orders", "my orders", [{"order_id": "A-1", "status": "shipped"}], "- **A-1**: shipped"),
        (
            "my_orders",
            "my orders",
            {"orders": [{"order_id": "A-1", "eta": "1 day late"}]},
            "- **A-1**: 1 day late",
        ),
        (
            "my_orders",
            "my orders",
            {"error": "The tool failed."},
            "couldn't list your orders: something went wrong",
        ),
        ("my_tickets", "my tickets", {"tickets": []}, "I don't see any tickets of yours."),
        ("my_tickets", "my tickets", [{"ticket_id": "TKT-5", "status": "closed"}], "- **TKT-5** (closed)"),
        ("my_tickets", "my tickets", {"error": "The tool failed."}, "couldn't look at your tickets"),
    ],
)
def test_it_lists_what_there_is(tool: str, text: str, content: Any, says: str) -> None:
    assert says in answer_after_tool(text, tool, {}, content)


def test_a_result_for_a_tool_that_was_not_asked_for_changes_nothing() -> None:
    stray = {"role": "tool", "tool_call_id": "9", "content": "{}"}
    messages = [SYSTEM, {"role": "user", "content": "thanks"}, stray]

    assert compose_reply(read_request({"messages": messages})).text.startswith("You're welcome, Alice!")


def test_once_a_person_was_asked_for_it_says_nothing_of_what_happens_next() -> None:
    asked = answer_after_tool("a human please", "request_human", {"reason": "…"}, {"status": "handed over"})

    assert asked == ""


def test_a_customer_is_told_when_no_person_could_be_asked_for() -> None:
    error = {"error": "Not run: too many calls."}

    assert "couldn't ask a colleague" in answer_after_tool("agent", "request_human", {"reason": "…"}, error)
