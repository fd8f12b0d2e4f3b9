"""`@tool` makes a typed function callable by the model; a `Registry` holds the tools of an installation.

The function's name, docstring and annotations are what the model sees, as a JSON schema. The first
parameter, `ctx`, is hidden from the model: it carries who asks, which is never taken from arguments.
"""

import asyncio
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Literal, Protocol, get_type_hints

from asgiref.sync import async_to_sync
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from .messages import Outcome, ToolCall, ToolResult
from .questions import Question, is_defined_in_app

logger = logging.getLogger(__name__)

Effect = Literal["read", "write", "irreversible"]
AskLater = Callable[[Question[Any], object], object]
CANCEL_GRACE_SECONDS = 1.0  # seconds that an asynchronous tool has beyond its time before it is ended
# Of a call that no transaction takes back, when nobody heard how it ended.
UNCERTAIN_OUTCOME = (
    "Nobody knows how this ended: it may or may not have happened. Do not call it again. Say so to the "
    "customer, and that a person of the team has to check."
)
KEYWORD_PARAMETER_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class LazyText(Protocol):
    """A text that becomes a `str` where it is read, in the language of that moment, as of Django's `gettext_lazy`."""

    def __str__(self) -> str: ...


class ToolError(Exception):
    """A refusal in words that the model may read and repeat to the customer."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who has signed in."""

    id: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who asks, as the server knows it.

    `conversation` is the conversation's primary key, or 0 where there is none and nothing may be stored, as in
    a trial of a prompt. `visitor` names the browser or account for limits, `customer` is None for a guest.

    `request` is the same for everything done about one customer request, also when it is tried again: the
    key that keeps an effect from happening twice. All calls of a turn share it, so a tool that may be called
    several times in a turn adds what it does to the key, as in `f"{ctx.request}:{order_id}"`.

    `ask_later(question, key)` has the model asked about the conversation in the background, when the turn
    has ended; from a tool that writes, the wish is stored with what it wrote. It uses the database, so an
    asynchronous tool says `await sync_to_async(ctx.ask_later)(question, key)`. A program that stores nothing
    leaves it out.
    """

    conversation: int
    visitor: str
    customer: Customer | None
    request: str
    ask_later: AskLater = field(default=lambda _question, _key: None, compare=False)


@dataclass(frozen=True)
class Tool:
    """A function as the model may call it. `function` is called with the context and checked arguments."""

    name: str
    description: str
    function: Callable[..., Any]
    arguments: type[BaseModel]
    effect: Effect
    progress: "str | LazyText"
    timeout: float

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return _strip_titles(self.arguments.model_json_schema())

    def as_chat(self) -> dict[str, Any]:
        """The tool in the form of the chat completions API."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    def run(self, ctx: ToolContext, call: ToolCall) -> ToolResult:
        """Check the arguments, run the function to its end and put what came of it into words for the model.

        Blocks; call it in a thread. Never raises: a refusal, wrong arguments and a bug are results too.
        """
        try:
            arguments = self.arguments.model_validate_json(call.arguments or "{}")
        except ValidationError as error:
            return _build_result(
                call, "invalid", {"error": "Invalid arguments", "problems": _list_problems(error)}
            )
        values = {name: getattr(arguments, name) for name in type(arguments).model_fields}
        try:
            value = self.function(ctx, **values)
            if inspect.isawaitable(value):
                # What it hands to sync_to_async, as Django's own queries do, comes back to this thread, and
                # so into the transaction that this thread may have begun.
                value = async_to_sync(_await_with_timeout)(value, self.timeout + CANCEL_GRACE_SECONDS)
            return _build_result(call, "done", value)
        except ToolError as refusal:
            return _build_result(call, "refused", {"error": str(refusal)})
        except (Exception, SystemExit, asyncio.CancelledError):
            # Also what would end the thread's owner: one tool's sys.exit() must not end the whole process.
            logger.exception("Tool %s failed", self.name)
            return build_abandoned_result(call, self, "failed", "The tool failed. Do not guess its result.")

    def progress_line(self, call: ToolCall) -> str:
        """What the customer reads while the tool runs, such as “Looking up order ORD-123”."""
        line = str(self.progress)
        try:
            values = json.loads(call.arguments or "{}")
            return line.format_map({key: str(value)[:60] for key, value in values.items()})
        except (ValueError, KeyError, AttributeError, IndexError, RecursionError):
            return line.split("{", 1)[0].strip()


def tool(
    *, effect: Effect = "read", progress: "str | LazyText" = "", timeout: float = 10.0
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a function into a `Tool`.

    `effect` says what the function does to the world. A `read` changes nothing that anybody would miss. What a
    `write` changes is in the database alone, and is kept with its result or not at all. Both are run again
    when a process died over them. An `irreversible` tool does what no transaction takes back, such as paying
    money out: it is never run again, and when nobody heard how it ended, the model is told just that.

    `progress` is the line that the customer sees while it runs and may name arguments in braces; a text of
    `gettext_lazy` is translated each time. `timeout` is in seconds.
    """

    def decorate(function: Callable[..., Any]) -> Tool:
        description = inspect.getdoc(function)
        if not description:
            raise TypeError(f"Tool {function.__qualname__} needs a docstring: it is what the model reads.")
        name = function.__name__
        line = progress or name.replace("_", " ").capitalize()
        return Tool(name, description, function, _build_arguments_model(function), effect, line, timeout)

    return decorate


class Registry(Mapping[str, Tool]):
    """The tools of an installation by name."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for each in tools:
            self._register(each)

    @classmethod
    def from_modules(cls, modules: Iterable[ModuleType]) -> "Registry":
        """The tools in these modules, also those that they import from elsewhere in the same app."""
        return cls(
            value
            for module in modules
            for value in vars(module).values()
            if isinstance(value, Tool) and is_defined_in_app(value.function, module)
        )

    def _register(self, new: Tool) -> None:
        old = self._tools.get(new.name)
        if old is not None and old is not new:
            where = f"{_format_location(old)} and {_format_location(new)}"
            raise ValueError(f"Two tools are named {new.name}: {where}. Rename one of them.")
        self._tools[new.name] = new

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def progress_line(self, call: ToolCall) -> str:
        known = self._tools.get(call.name)
        return known.progress_line(call) if known else "Looking for a way to help"

    def build_unknown_result(self, call: ToolCall) -> ToolResult:
        """The answer to a call of a tool that does not exist, for the model to read."""
        return _build_result(
            call, "unknown", {"error": f"There is no tool of that name. Tools: {', '.join(self)}"}
        )


def build_abandoned_result(call: ToolCall, tool: Tool, outcome: Outcome, why: str) -> ToolResult:
    """The result of a call that had begun and of which nobody hears any more; `why` is for one that can be undone."""
    return build_error_result(call, outcome, UNCERTAIN_OUTCOME if tool.effect == "irreversible" else why)


def build_error_result(call: ToolCall, outcome: Outcome, why: str) -> ToolResult:
    """The result of a call that was not carried through, so that no call stays without a result."""
    return _build_result(call, outcome, {"error": why})


async def _await_with_timeout(awaitable: Awaitable[Any], timeout: float) -> Any:
    # Whoever waited has given it up by then; it must not hold up the end of the process too.
    async with asyncio.timeout(timeout):
        return await awaitable


def _build_result(call: ToolCall, outcome: Outcome, value: Any) -> ToolResult:
    content = json.dumps(value, ensure_ascii=False, default=str)
    # Half a character (a lone surrogate) can be neither stored nor sent.
    return ToolResult(call.id, content.encode(errors="replace").decode(), outcome)


def _list_problems(error: ValidationError) -> Sequence[str]:
    return [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()][:8]


def _build_arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].name != "ctx":
        raise TypeError(f"The first parameter of tool {function.__qualname__} must be ctx: ToolContext.")
    fields: dict[str, Any] = {}
    for parameter in parameters[1:]:
        if parameter.kind not in KEYWORD_PARAMETER_KINDS or parameter.name.startswith("_"):
            raise TypeError(
                f"Parameter {parameter} of tool {function.__qualname__} cannot be given by its name."
            )
        if parameter.name not in hints:
            raise TypeError(f"Parameter {parameter.name} of tool {function.__qualname__} needs a type.")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _strip_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which tell a model nothing and cost tokens in every request."""
    plain = {key: part for key, part in schema.items() if key != "title"}
    for key, part in plain.items():
        if key in ("properties", "$defs"):
            plain[key] = {name: _strip_titles(value) for name, value in part.items()}
        elif isinstance(part, dict) and key != "default":
            plain[key] = _strip_titles(part)
    return plain


def _format_location(each: Tool) -> str:
    return f"{each.function.__module__}.{each.function.__qualname__}"
