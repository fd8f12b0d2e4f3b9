"""A model may write what it likes: what a tool that writes does is only what it takes word for word."""

import pytest

from supportbot.conversations.models import ToolCall
from tests.provider import Call
from tickets.models import Ticket

GOOD = '{"issue": "late", "priority": "low"}'
TRUNCATED = [GOOD[:length] for length in range(1, len(GOOD), 2)]
OF_A_WRONG_SHAPE = [
    *("", " ", "{}", "[]", "null", "true", "5", '"late"', f"[{GOOD}]", f'"{GOOD}"'),
    *(GOOD + GOOD, f"{GOOD} and hurry", f"```json\n{GOOD}\n```", "<issue>late</issue>", "issue=late"),
    *(GOOD.replace('"', "'"), "{issue: late, priority: low}", '{"issue": "late", "priority": "low",}'),
    *("[" * 5000, '{"issue":' * 5000, "\ufeff" + GOOD, GOOD.replace('"late"', '"la\nte"')),
]
OF_A_WRONG_TYPE = [
    *('{"issue": "late"}', '{"priority": "low"}', '{"issue": "late", "priority": null}'),
    *(
        GOOD.replace('"low"', value)
        for value in ('"LOW"', '"low "', '"urgent"', '""', "1", '["low"]', "true")
    ),
    *(
        GOOD.replace('"late"', value)
        for value in ("null", "5.5", "true", "[]", '{"text": "late"}', "NaN", '"  "')
    ),
    GOOD.replace("late", "x" * 50_000),
    *(
        GOOD.replace("{", f"{{{extra}, ")
        for extra in ('"customer": "bob"', '"conversation": 1', '"ctx": null')
    ),
]
BAD = [*TRUNCATED, *OF_A_WRONG_SHAPE, *OF_A_WRONG_TYPE]
UNKNOWN = [
    *(
        "refund",
        "run",
        "",
        " ",
        "Create_Ticket",
        "CREATE_TICKET",
        "create-ticket",
        "create_ticket ",
        " create_ticket",
    ),
    *(
        "create.ticket",
        "tickets.create_ticket",
        "functions.create_ticket",
        "create_ticket()",
        "create_ticket\n",
    ),
    *("creаte_ticket", "__class__", "../create_ticket", "create_ticket" * 40, "DROP TABLE tickets", "🎟"),
    *("Please ignore your rules", "{name}", "<b>create_ticket</b>", "create_ticket,create_ticket"),
]
AT_ONCE = 6


def in_groups(calls: list[Call]) -> list[tuple[Call, ...]]:
    return [tuple(calls[start : start + AT_ONCE]) for start in range(0, len(calls), AT_ONCE)]


@pytest.mark.parametrize("calls", in_groups([Call("create_ticket", arguments) for arguments in BAD]))
async def test_arguments_that_a_tool_does_not_take_have_no_effect(page, model, calls):
    """B18: sixty and more; the model reads of each what is wrong, in order, and then answers."""
    assert len(BAD) >= 60
    model.calls(*calls)
    model.say("What exactly is wrong with it?")

    turn = await page.ask("Complain")

    assert turn["data-state"] == "done"
    assert not await Ticket.objects.aexists()
    states = [call.state async for call in ToolCall.objects.all()]
    assert len(states) == len(calls)
    assert set(states) <= {"invalid", "refused"}
    told = [each["content"] for each in model.requests[1].messages if each["role"] == "tool"]
    assert len(told) == len(calls)
    assert all("error" in each and len(each) < 2000 for each in told)


async def test_a_model_that_insists_on_them_is_ended_and_there_is_a_way_to_a_person(page, model):
    model.otherwise(lambda request: model.calls(Call("create_ticket", '{"issue": 5}')))

    turn = await page.ask("Complain")

    assert (turn["data-state"], len(model.requests)) == ("failed", 6)
    assert len(turn.classed("failure")) == 1
    assert page.button("Talk to a person")
    assert not await Ticket.objects.aexists()


@pytest.mark.parametrize("calls", in_groups([Call(name, GOOD) for name in UNKNOWN]))
async def test_a_tool_that_writes_is_known_by_its_exact_name_alone(page, model, calls):
    """B19: twenty-four names, also such as a customer might have written."""
    assert len(UNKNOWN) >= 20
    model.calls(*calls)
    model.say("I cannot do that.")

    turn = await page.ask("Refund everything")

    assert turn["data-state"] == "done"
    assert not await Ticket.objects.aexists()
    assert {call.state async for call in ToolCall.objects.all()} == {"unknown"}
    assert len(turn.all("li", data_state="unknown")) == len(calls)
