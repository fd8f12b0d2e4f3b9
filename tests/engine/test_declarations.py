"""A mistake in what an app declares is told when the app is imported, and not by a customer's lost money."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pytest
from annotated_types import Predicate
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, AliasChoices, BaseModel, Field
from pydantic.experimental.pipeline import validate_as

from supportbot.assistant.conversation_events import CustomerWrote, conversation_event_handler
from supportbot.assistant.customer_exports import customer_export
from supportbot.assistant.customer_records import customer_record
from supportbot.assistant.dashboard_numbers import confirmation_source, dashboard_number
from supportbot.assistant.declarations import DeclarationError
from supportbot.assistant.person_requests import person_request_handler
from supportbot.assistant.questions import question
from supportbot.assistant.retention_rules import retention_rule
from supportbot.assistant.tools import Tool, ToolContext, tool
from supportbot.jobs.registry import ClaimedJob, job


def pay_out(ctx: ToolContext, euros: int = 1) -> None:
    """Pay money out."""


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"effect": "irreversable"}, "effect must be one of read, write, irreversible, not 'irreversable'"),
        ({"effect": "Write"}, "effect must be one of"),
        ({"effect": None}, "effect must be one of"),
        ({"effect": ["write"]}, "effect must be one of"),
        ({"timeout": 0}, "timeout must be seconds"),
        ({"timeout": -1.0}, "timeout must be seconds"),
        ({"timeout": True}, "timeout must be seconds"),
        ({"timeout": "10"}, "timeout must be seconds"),
        ({"timeout": None}, "timeout must be seconds"),
        ({"timeout": float("nan")}, "timeout must be seconds"),
        ({"timeout": float("inf")}, "timeout must be seconds"),
        ({"timeout": 10**9}, "at most a day"),
        ({"progress": ("Paying out",)}, "progress must be a text"),
        ({"progress": None}, "progress must be a text"),
        ({"progress": 0}, "progress must be a text"),
        ({"progress": str.upper}, "progress must be a text"),
        ({"progress": object()}, "progress must be a text"),
        ({"progress": "Paying {amount}"}, "progress names {amount}, which is none of its arguments"),
        ({"progress": "Paying {}"}, "progress names {}"),
        ({"progress": "Paying {euros"}, "progress cannot be read"),
        ({"done_line": b"Paid"}, "done_line must be a text"),
        ({"done_line": "Paid {euros} to {account[iban]}"}, "done_line names {account[iban]}"),
        ({"done_words": ("forwarded")}, "done_words must be a tuple of words"),
        ({"done_words": ("forwarded", 1)}, "done_words must be a tuple of words"),
        ({"done_words": ("",)}, "done_words must be a tuple of words"),
        ({"done_words": None}, "done_words must be a tuple of words"),
    ],
)
def test_an_option_of_a_tool_that_says_something_else_than_was_meant_is_refused(options, complaint):
    with pytest.raises(TypeError) as caught:
        tool(**{"effect": "read"} | options)(pay_out)

    assert complaint in str(caught.value)
    assert "pay_out" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, r"Write such as @tool\(effect=\"read\"\): missing a required argument: 'effect'"),
        ({"effect": "read", "confirm": True}, "got an unexpected keyword argument 'confirm'"),
    ],
)
def test_an_option_that_is_missing_or_that_there_is_not_is_told_with_how_it_is_written(options, complaint):
    with pytest.raises(DeclarationError, match=complaint):
        tool(**options)(pay_out)


def test_every_option_that_is_right_is_kept():
    made = tool(
        effect="irreversible",
        timeout=0.05,
        progress=gettext_lazy("Sign in"),
        done_words=["paid"],
        done_line="Paid {euros} {{euros}}",
    )(pay_out)

    assert isinstance(made, Tool)
    assert (made.effect, made.timeout, made.done_words) == ("irreversible", 0.05, ("paid",))


def rename(name: str) -> Callable[..., None]:
    def renamed(ctx: ToolContext) -> None:
        """Look."""

    renamed.__name__ = name
    return renamed


@pytest.mark.parametrize("name", ["größe_prüfen", "<lambda>", "x" * 65, "prüfen"])
def test_a_name_that_providers_refuse_with_every_request_is_refused_before(name):
    with pytest.raises(TypeError, match="its name must be 1 to 64 letters"):
        tool(effect="read")(rename(name))

    assert tool(effect="read")(rename("x" * 64)).name == "x" * 64


class Item(BaseModel):
    """Of an order; it stands in two places below."""

    name: str
    pieces: Annotated[int, Field(max_length=3)] = 1


class Several(BaseModel):
    """Has two of them."""

    first: Item
    others: list[Item] = []


@pytest.mark.parametrize(
    ("annotation", "complaint"),
    [
        (Annotated[int, Field(gt=5, lt=3)], "no value of value can have gt=5 and lt=3"),
        (Annotated[int, Field(ge=3), Field(lt=3)], "ge=3 and lt=3"),
        (Annotated[Decimal, Field(gt=0, le=0)] | None, "gt=0 and le=0"),
        (Annotated[date, Field(ge=date(2030, 1, 1), le=date(2029, 1, 1))], "no value of value"),
        (Annotated[str, Field(min_length=5, max_length=3)], "min_length=5 and max_length=3"),
        (dict[str, list[Annotated[str, Field(min_length=5, max_length=3)]]], "min_length=5"),
        (Annotated[int, Field(max_length=3)], "value may be int, which has no max_length"),
        (Annotated[int, Field(pattern="[0-9]+")], "value may be int, which has no pattern"),
        (Annotated[int | None, Field(pattern="[0-9]+")], "value may be int, which has no pattern"),
        (Annotated[int | str, Field(max_length=3)], "value may be int, which has no max_length"),
        (Annotated[int | str, Field(gt=3)], "value may be str, which has no gt"),
        (Annotated[float, Field(gt=0, decimal_places=2)], "value may be float, which has no decimal_places"),
        (Annotated[Decimal, Field(max_length=3)], "value may be decimal, which has no max_length"),
        (Annotated[list[int], Field(ge=1)], "value may be list, which has no ge"),
        (Annotated[date, Field(pattern="2026")], "value may be date, which has no pattern"),
        (Item, "value.pieces may be int, which has no max_length"),
        (Several, "Item.pieces may be int, which has no max_length"),
        (Annotated[str, Field(pattern="[a-z")], 'cannot be checked: Field "value": regex parse error'),
        (list[Annotated[int, Field(multiple_of=0)]], "'multiple_of' must be a finite number greater than 0."),
    ],
)
def test_a_constraint_that_no_argument_can_keep_is_refused(annotation: Any, complaint: str):
    def order(ctx: ToolContext, value: Any) -> None:
        """Order it."""

    order.__annotations__["value"] = annotation

    with pytest.raises(DeclarationError) as caught:
        tool(effect="read")(order)

    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[int, Field(ge=3, le=3)],
        Annotated[str | None, Field(min_length=3, max_length=3, pattern="^[a-z]+$")],
        Annotated[str | list[str], Field(min_length=1)],
        Annotated[str, AfterValidator(int), Field(gt=3)],
        Annotated[str, AfterValidator(str.strip), Field(min_length=3)],
        Annotated[Decimal, Field(gt=0, max_digits=6, decimal_places=2)],
        Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))],
        Annotated[dict[str, int], Field(min_length=1)],
        Annotated[str, Field(pattern=re.compile("^(?!0)"))],
        # A check of the app's, which is run with arguments alone.
        Annotated[int, Predicate(lambda value: {1: True}[value])],
        Annotated[int, validate_as(int).predicate(lambda value: {1: True}[value])],
    ],
)
def test_a_constraint_that_an_argument_can_keep_is_taken(annotation: Any):
    def order(ctx: ToolContext, value: Any) -> None:
        """Order it."""

    order.__annotations__["value"] = annotation

    assert tool(effect="read")(order).name == "order"


def yields(ctx: ToolContext) -> Any:
    """Cancel the order."""
    yield {"cancelled": 1}


async def yields_later(ctx: ToolContext) -> Any:
    """Cancel the order."""
    yield {"cancelled": 1}


def takes_a_function(ctx: ToolContext, act: Callable[[], None]) -> None:
    """Act."""


def takes_two_names(ctx: ToolContext, order: str = Field(validation_alias=AliasChoices("a", "b"))) -> None:
    """Act."""


class Row:
    """As of a database."""


def takes_a_row(ctx: ToolContext, row: Row) -> None:
    """Act."""


def takes_a_name_that_is_not_there(ctx: ToolContext, price: "Euros") -> None:  # type: ignore[name-defined] # noqa: F821
    """Act."""


def takes_another_pattern(ctx: ToolContext, order: Annotated[str, Field(pattern="^(?!0)")]) -> None:
    """Act."""


def takes_a_reserved_name(ctx: ToolContext, model_config: str) -> None:
    """Act."""


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (yields, "yields must return its result"),
        (yields_later, "yields_later must return its result"),
        (tool(effect="read")(pay_out), "A tool must be a function"),
        (BaseModel, "A tool must be a function"),
        (takes_a_function, "The parameters of tool takes_a_function have no JSON schema"),
        (
            takes_a_row,
            f"takes_a_row have no JSON schema: Unable to generate pydantic-core schema for {Row}. Use types",
        ),
        (takes_a_name_that_is_not_there, "have no JSON schema: name 'Euros' is not defined"),
        (takes_another_pattern, "look-around, including look-ahead and look-behind, is not supported"),
        (takes_two_names, "Parameter order of tool takes_two_names must have one name"),
        (takes_a_reserved_name, "Parameter model_config of tool takes_a_reserved_name has a name"),
    ],
)
def test_a_function_that_would_do_nothing_or_break_every_request_is_refused(function, complaint):
    with pytest.raises(TypeError) as caught:
        tool(effect="read")(function)

    assert isinstance(caught.value, DeclarationError)
    assert complaint in str(caught.value)


class Mood(BaseModel):
    mood: str


def handle(value: Any) -> None: ...


async def handle_later(value: Any) -> None: ...


def handle_bit_by_bit(value: Any) -> Any:
    yield value


def handle_two(value: Any, other: Any) -> None: ...


DECORATORS = {
    "conversation event": conversation_event_handler(CustomerWrote),
    "person request": person_request_handler,
    "customer export": customer_export("orders"),
    "customer record": customer_record("orders.view_order"),
    "dashboard number": dashboard_number,
    "confirmation source": confirmation_source,
}


@pytest.mark.parametrize("decorate", DECORATORS.values(), ids=DECORATORS)
def test_a_function_that_would_never_run_or_could_not_be_called_is_refused(decorate: Any):
    assert decorate(handle).function is handle

    for function, complaint in (
        (handle_later, "must be written as def, not async def"),
        (handle_two, "is called with"),
        ("orders.view_order", "must be a function"),
    ):
        with pytest.raises(TypeError, match=complaint):
            decorate(function)


@pytest.mark.parametrize("name", sorted(DECORATORS.keys() - {"customer export"}))
def test_a_function_with_yield_is_refused_unless_what_it_returns_is_read_to_its_end(name: str):
    assert DECORATORS["customer export"](handle_bit_by_bit).function is handle_bit_by_bit

    with pytest.raises(DeclarationError, match="must return its result"):
        DECORATORS[name](handle_bit_by_bit)


def test_a_retention_rule_that_could_not_be_called_is_refused():
    assert retention_rule(handle_two).function is handle_two

    with pytest.raises(TypeError, match="is called with conversations, before"):
        retention_rule(handle)


@pytest.mark.parametrize("value", [handle, str, "CustomerWrote", None])
def test_a_handler_of_what_is_no_event_is_refused(value):
    with pytest.raises(TypeError, match="the event type must be a subclass of ConversationEvent"):
        conversation_event_handler(value)


@pytest.mark.parametrize("right", [handle, "view_order", "orders.view.order", "", None])
def test_a_record_for_what_is_no_right_is_refused(right):
    with pytest.raises(TypeError, match="needs the name of a right"):
        customer_record(right)


@pytest.mark.parametrize(
    "name", [handle, "", "Orders", "../orders", "a/b", "a.json", "1", "a" * 41, "a\n", None]
)
def test_an_export_whose_name_is_not_that_of_a_plain_file_is_refused(name):
    with pytest.raises(TypeError, match="needs a name in small letters"):
        customer_export(name)


def store_mood(key: str, answer: Mood | None) -> None:
    """How does the customer feel?"""


@pytest.mark.parametrize(
    ("response_model", "label", "function", "complaint"),
    [
        (str, "", store_mood, "the response model must be a subclass of BaseModel"),
        (store_mood, "", store_mood, "the response model must be a subclass of BaseModel"),
        (Mood, ("Mood",), store_mood, "label must be a text"),
        (Mood, "", handle, "is called with key, answer"),
        (Mood, "", handle_two, "needs a docstring"),
        (Mood, "", handle_later, "must be written as def"),
        (Item, "", store_mood, "Question store_mood: pieces may be int, which has no max_length"),
    ],
)
def test_a_question_that_could_not_be_asked_or_stored_is_refused(response_model, label, function, complaint):
    with pytest.raises(TypeError, match=complaint):
        question(response_model, label=label)(function)


async def track_parcel(claimed: ClaimedJob) -> str:
    return "on its way"


@pytest.mark.parametrize(
    ("options", "function", "complaint"),
    [
        ({}, handle, "must be written as async def"),
        ({}, yields_later, "must return its result"),
        ({"max_attempts": 0}, track_parcel, "max_attempts must be a whole number from 1"),
        ({"max_attempts": 2.5}, track_parcel, "max_attempts must be a whole number from 1"),
        ({"max_attempts": True}, track_parcel, "max_attempts must be a whole number from 1"),
        ({"timeout_seconds": 0}, track_parcel, "timeout_seconds must be seconds"),
        ({"timeout_seconds": float("nan")}, track_parcel, "timeout_seconds must be seconds"),
        (
            {"store": track_parcel},
            track_parcel,
            "store of Job track_parcel: track_parcel must be written as def",
        ),
        ({"store": handle}, track_parcel, "is called with claimed, result"),
        ({"on_failure": "handle"}, track_parcel, "on_failure of Job track_parcel: must be a function"),
    ],
)
def test_a_job_that_would_not_be_done_is_refused(options, function, complaint):
    with pytest.raises(TypeError, match=complaint):
        job(**options)(function)


def test_a_name_that_does_not_fit_into_its_row_is_refused():
    def make(function: Any, name: str) -> Any:
        function.__name__ = name
        return function

    async def work(claimed: ClaimedJob) -> None: ...

    def answer(key: str, answer: Mood | None) -> None:
        """How does the customer feel?"""

    for decorate, function in ((job(), work), (question(Mood), answer)):
        decorate(make(function, "x" * 40))
        with pytest.raises(TypeError, match="at most 40 letters"):
            decorate(make(function, "x" * 41))


@pytest.mark.parametrize(
    ("decorate", "given", "complaint"),
    [
        (
            tool,
            pay_out,
            'Write @tool(effect="read"), with brackets and the names of the options: it was given pay_out.',
        ),
        (tool, "write", "it was given 'write'."),
        (
            job,
            track_parcel,
            "Write @job(), with brackets and the names of the options: it was given track_parcel.",
        ),
        (job, 5, "it was given 5."),
    ],
)
def test_a_decorator_without_its_brackets_says_how_it_is_written(decorate, given, complaint):
    with pytest.raises(TypeError) as caught:
        decorate(given)

    assert complaint in str(caught.value)
