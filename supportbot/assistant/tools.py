"""`@tool` makes a typed function callable by the model; a `Registry` holds the tools of an installation.

The model sees the function's name, its docstring, and its annotations as a JSON schema. It does not see the first
parameter, `ctx`, which says who asks: a tool must never take that from its arguments.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, Literal, get_args

from asgiref.sync import async_to_sync
from pydantic import BaseModel, ValidationError

from .app_functions import collect_app_functions, index_by_name
from .declarations import (
    DeclarationError,
    require_choice,
    require_docstring,
    require_named_options,
    require_no_generator,
    require_seconds,
    require_words,
)
from .marked_values import holds_mark
from .messages import ToolCall, ToolResult
from .tool_arguments import build_arguments_model, list_problems, strip_schema, validate_arguments
from .tool_context import Customer, ToolContext
from .tool_lines import format_line, require_line
from .tool_results import build_abandoned_result, build_error_result, build_result
from .translation import LazyText, gettext_noop

__all__ = [
    "CANCEL_GRACE_SECONDS",
    "MAX_RESULT_CHARS",
    "TIMED_OUT",
    "UNKNOWN_TOOL_PROGRESS",
    "Customer",
    "Effect",
    "Registry",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolTimeOver",
    "tool",
]

logger = logging.getLogger(__name__)

Effect = Literal["read", "write", "irreversible"]
# How long an asynchronous tool may go on after its `timeout` before it is cancelled.
CANCEL_GRACE_SECONDS = 1.0
UNKNOWN_TOOL_PROGRESS = gettext_noop("Looking for a way to help")
MAX_RESULT_CHARS = 20_000
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
TOOL_FAILED = "The tool failed. Do not guess its result."
TIMED_OUT = "The tool took too long. Nothing was changed."


class ToolError(Exception):
    """Raised by a tool that refuses. The model reads the text and may repeat it to the customer."""


class ToolTimeOver(Exception):
    """Raised where a tool uses the database after its `timeout`: the call has been answered without it."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may call. `arguments` validates what the model passes; `timeout` is in seconds."""

    name: str
    description: str
    function: Callable[..., Any]
    arguments: type[BaseModel]
    effect: Effect
    progress: "str | LazyText"
    timeout: float
    done_words: tuple[str, ...] = ()
    done_line: "str | LazyText" = ""

    def __post_init__(self) -> None:
        """Raises TypeError for what would be refused, or done wrongly, when a customer needs it."""
        owner = f"Tool {self.name}"
        if not TOOL_NAME.fullmatch(self.name):
            raise DeclarationError(
                f"{owner}: its name must be 1 to 64 letters from a to z, digits and underscores, as providers want it."
            )
        require_choice(self.effect, get_args(Effect), owner, "effect")
        require_seconds(self.timeout, owner, "timeout")
        require_words(self.done_words, owner, "done_words")
        arguments = self.arguments.model_json_schema().get("properties", {})
        require_line(self.progress, arguments, owner, "progress")
        require_line(self.done_line, arguments, owner, "done_line")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @cached_property
    def customers_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that come `FromCustomer`, or in which something does."""
        schema = self.arguments.model_json_schema()
        definitions = schema.get("$defs", {})
        properties = schema.get("properties", {}).items()
        return tuple(name for name, each in properties if holds_mark(each, definitions))

    @cached_property
    def customers_schemas(self) -> tuple[dict[str, Any], ...]:
        """Schemas of the arguments with the marks of `FromCustomer`, by each name that a field may go by."""
        if not self.customers_arguments:
            return ()
        return tuple(self.arguments.model_json_schema(by_alias=by_alias) for by_alias in (True, False))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of the arguments, as the model sees it."""
        return strip_schema(self.arguments.model_json_schema())

    def as_chat(self) -> dict[str, Any]:
        """The tool as an item of `tools` in the chat completions API."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    def run(
        self,
        ctx: ToolContext,
        call: ToolCall,
        max_result_chars: int = MAX_RESULT_CHARS,
        is_outage: Callable[[BaseException], bool] = lambda _error: False,
    ) -> ToolResult:
        """Validate the arguments, run the function and return what the model is told of it.

        Blocks, so call it in a thread. Wrong arguments, a refusal and an exception of the function are results too,
        unless `is_outage` says that it is no fault of the tool: then it is raised. A result that is longer than
        `max_result_chars` is cut.
        """
        result = self._run_function(ctx, call, is_outage)
        if len(result.content) <= max_result_chars:
            return result
        logger.error(
            "Tool %s returned %s characters, of which the model gets the first %s: have it return less",
            *(self.name, len(result.content), max_result_chars),
        )
        return result.cut_content(max_result_chars)

    def _run_function(
        self, ctx: ToolContext, call: ToolCall, is_outage: Callable[[BaseException], bool]
    ) -> ToolResult:
        values = self._read_arguments(call)
        if isinstance(values, ToolResult):
            return values
        try:
            value = self.function(ctx, **values)
            if inspect.isawaitable(value):
                # asgiref runs what the coroutine passes to sync_to_async, as Django's queries do, in this very
                # thread, and so within the transaction that this thread may have begun.
                value = async_to_sync(_await_with_timeout)(value, self.timeout + CANCEL_GRACE_SECONDS)
            return build_result(call, "done", value)
        except ToolError as refusal:
            return build_error_result(call, "refused", str(refusal))
        except ToolTimeOver:
            logger.warning(
                "Tool %s was ended before it was done: what it did after that was refused", self.name
            )
            return build_abandoned_result(call, self.effect, "timed_out", TIMED_OUT)
        except BaseException as error:
            # Of any kind: sys.exit() or a KeyboardInterrupt of one tool must not end the whole process.
            if is_outage(error):
                raise
            logger.exception("Tool %s failed", self.name)
            return build_abandoned_result(call, self.effect, "failed", TOOL_FAILED)

    def _read_arguments(self, call: ToolCall) -> dict[str, Any] | ToolResult:
        """The values for the function, or what the model is told in place of its result."""
        try:
            arguments = validate_arguments(self.arguments, call.arguments or "{}")
        except ValidationError as error:
            problems = list_problems(error)
            return build_result(call, "invalid", {"error": "Invalid arguments", "problems": problems})
        except ToolError as refusal:
            return build_error_result(call, "refused", str(refusal))
        except BaseException:  # of a validator of the app; the tool itself has not begun
            logger.exception("Tool %s failed while its arguments were checked", self.name)
            return build_error_result(call, "failed", TOOL_FAILED)
        return {name: getattr(arguments, name) for name in type(arguments).model_fields}

    def format_progress(self, call: ToolCall) -> str:
        """What the customer reads while the tool runs, such as “Looking up order ORD-123”."""
        return format_line(self.progress, call)

    def format_done_line(self, call: ToolCall) -> str:
        """What the customer reads once it has succeeded, such as “Looked up order ORD-123”."""
        return format_line(self.done_line or self.progress, call)


@require_named_options('@tool(effect="read")')
def tool(
    *,
    effect: Effect,
    progress: "str | LazyText" = "",
    timeout: float = 10.0,
    done_words: Sequence[str] = (),
    done_line: "str | LazyText" = "",
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a function into a `Tool`.

    `effect` must say what the function changes. A `read` changes nothing that matters. A `write` changes the database
    and nothing else, in one transaction with its result. Both are run again when their process died. An
    `irreversible` tool does what no transaction can roll back, such as paying money out: it is never run again, and
    when its end was lost, the model is told that nobody knows how it ended.

    `progress` is the line that the customer sees while the tool runs, and `done_line` the one that takes its place once
    it has succeeded; they may name arguments in braces, and a text of `gettext_lazy` is translated for each reader.
    `timeout` is in seconds. `done_words` are what an answer may say to have done once this was done, such as
    “forwarded”, besides what the name says (see `actions`).

    Raises TypeError for what cannot be a tool: a function that has no docstring or has a `yield`, whose first parameter
    is not `ctx`, or one of whose other parameters has no type or cannot be passed by name; a name that providers
    refuse; and values of these options that say something else than what is written here.
    """

    def make_tool(function: Callable[..., Any]) -> Tool:
        if not inspect.isroutine(function):
            raise DeclarationError(f"A tool must be a function, not {function!r}.")
        owner = f"Tool {function.__qualname__}"
        require_no_generator(function, owner)
        require_words(done_words, owner, "done_words")
        return Tool(
            (name := function.__name__),
            require_docstring(function, owner),
            function,
            build_arguments_model(function),
            effect,
            name.replace("_", " ").capitalize() if progress == "" else progress,
            timeout,
            tuple(done_words),
            done_line,
        )

    return make_tool


class Registry(Mapping[str, Tool]):
    """The tools of an installation by name."""

    def __init__(
        self, tools: Iterable[Tool] = (), unknown_progress: "str | LazyText" = UNKNOWN_TOOL_PROGRESS
    ) -> None:
        """`unknown_progress` is the progress line of a call whose tool does not exist.

        Raises DeclarationError when two different tools have the same name.
        """
        self._tools = index_by_name(tools, "tools")
        self._unknown_progress = unknown_progress

    @classmethod
    def from_modules(
        cls, modules: Iterable[ModuleType], unknown_progress: "str | LazyText" = UNKNOWN_TOOL_PROGRESS
    ) -> "Registry":
        """The tools in these modules, also those that they import from other modules of the same app."""
        return cls(collect_app_functions(Tool, modules), unknown_progress)

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def format_progress(self, call: ToolCall) -> str:
        """What the customer reads while the call runs, also that of a tool that does not exist."""
        tool = self._tools.get(call.name)
        return tool.format_progress(call) if tool else str(self._unknown_progress)

    def build_unknown_result(self, call: ToolCall) -> ToolResult:
        """The result of a call of a tool that does not exist: the model reads which ones there are."""
        return build_error_result(call, "unknown", f"There is no tool of that name. Tools: {', '.join(self)}")


async def _await_with_timeout(awaitable: Awaitable[Any], timeout: float) -> Any:
    # The caller has stopped waiting by then. Without a limit the thread would keep the process from ending.
    async with asyncio.timeout(timeout):
        return await awaitable
