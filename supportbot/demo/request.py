"""Reads a request as a dialogue: who speaks, what was said and done in each exchange, which tools there are."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from .actions import LOOKUP_ORDER, find_questions
from .mentions import find_emails, find_order_numbers, get_order_key, simplify_text

COMPANY = re.compile(r"\bassistant (?:of|for|at) (.+?)[.,;!]?(?:\s*$|[.,;!]\s|\s+(?:The|You)\s)", re.M)
CUSTOMER = re.compile(r"\bsigned in as (.+?)[.,;!]?(?:\s*$|[.,;]\s)", re.M)
GUEST = re.compile(r"\bguest\b", re.IGNORECASE)
# What the parameter for an order number may be called, likeliest first.
ORDER_PARAMETER_WORDS = ("order", "number", "id")
# How the result begins of a call that never ran because its turn ended first. A retry asks for it again.
NEVER_RUN = re.compile(r"^Interrupted\b")


@dataclass(frozen=True)
class CompletedCall:
    """A tool call that was made, and the content of its result."""

    name: str
    arguments: Mapping[str, Any]
    content: str

    @cached_property
    def result(self) -> Any:
        """The content parsed as JSON, or as it is where it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return self.content

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.result if isinstance(self.result, dict) else {}

    @property
    def error(self) -> str:
        found = self.fields.get("error")
        return str(found) if found else ""

    @property
    def order_number(self) -> str:
        """The order that the call is about: as the shop writes its number, else as it was asked for."""
        return str(self.fields.get("order_id") or self.requested_number)

    @property
    def requested_number(self) -> str:
        names = (name for name in self.arguments if any(word in name for word in ORDER_PARAMETER_WORDS))
        return next((str(self.arguments[name]) for name in names), "")


@dataclass
class Exchange:
    """A customer's message or several in a row, the calls that were made for it, and the answer."""

    text: str = ""
    photo_count: int = 0
    calls: list[CompletedCall] = field(default_factory=list)
    answer: str = ""

    def find_calls(self, name: str) -> list[CompletedCall]:
        return [call for call in self.calls if call.name == name and not NEVER_RUN.match(call.error)]

    @property
    def asked_questions(self) -> frozenset[str]:
        """The names of the questions in the answer."""
        return find_questions(self.answer)


@dataclass(frozen=True)
class ToolDescription:
    """A tool as the request describes it."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def find_parameter(self, *words: str) -> str:
        """The first parameter whose name contains one of the words, or an empty text."""
        return next((name for name in self.parameters if any(word in name for word in words)), "")


@dataclass(frozen=True)
class Dialogue:
    company: str
    customer_name: str
    is_guest: bool
    exchanges: Sequence[Exchange]
    tools: Mapping[str, ToolDescription]

    @property
    def current_exchange(self) -> Exchange:
        """The exchange that is to be answered."""
        return self.exchanges[-1]

    @property
    def all_text(self) -> str:
        """Everything that the customer wrote."""
        return " ".join(exchange.text for exchange in self.exchanges)

    def find_calls(self, name: str) -> list[CompletedCall]:
        return [call for exchange in self.exchanges for call in exchange.find_calls(name)]

    @cached_property
    def simple_text(self) -> str:
        """The customer's current words, simplified for patterns."""
        return simplify_text(self.current_exchange.text)

    @cached_property
    def open_questions(self) -> frozenset[str]:
        """The names of the questions in our last answer."""
        return self.exchanges[-2].asked_questions if len(self.exchanges) > 1 else frozenset()

    @cached_property
    def pending_offer(self) -> str:
        """What we offered before the customer named the order that it is about: a ticket, a person, or nothing."""
        for exchange in reversed(self.exchanges[:-1]):
            if offers := exchange.asked_questions & {"ticket", "person"}:
                return min(offers)
            if "email" not in exchange.asked_questions:
                break
        return ""

    @cached_property
    def _numbers_by_exchange(self) -> list[list[str]]:
        earlier = (Exchange(), *self.exchanges)
        return [
            find_order_numbers(exchange.text, expected="number" in before.asked_questions)
            for before, exchange in zip(earlier, self.exchanges, strict=False)
        ]

    @property
    def order_numbers(self) -> list[str]:
        """The order numbers in the customer's current words."""
        return self._numbers_by_exchange[-1]

    @cached_property
    def current_order(self) -> str:
        """The order that the dialogue is about: the last one named, as the shop writes it if that is known."""
        for exchange, named in zip(self.exchanges[::-1], self._numbers_by_exchange[::-1], strict=True):
            looked_up = [call.order_number for call in exchange.find_calls(LOOKUP_ORDER)]
            if named or looked_up:
                return self._find_shop_spelling(named[-1] if named else looked_up[0])
        return ""

    @cached_property
    def all_order_numbers(self) -> list[str]:
        """Every order that was named, each once, the current one first."""
        named = map(self._find_shop_spelling, chain.from_iterable(self._numbers_by_exchange))
        return list(dict.fromkeys(filter(None, [self.current_order, *named])))

    @property
    def photo_count(self) -> int:
        """How many photos the customer has sent in the whole dialogue."""
        return sum(exchange.photo_count for exchange in self.exchanges)

    @cached_property
    def latest_email(self) -> str:
        """The last e-mail address that the customer gave."""
        emails = [email for exchange in self.exchanges for email in find_emails(exchange.text)]
        return emails[-1] if emails else ""

    @cached_property
    def latest_ticket(self) -> str:
        """The number of the last ticket that was opened."""
        numbers = [call.fields.get("ticket_id") for exchange in self.exchanges for call in exchange.calls]
        return next((str(number) for number in reversed(numbers) if number), "")

    def _find_shop_spelling(self, order: str) -> str:
        """The order's number as the shop writes it, if it was looked up."""
        known = self.find_last_lookup(order)
        return known.order_number if known else order

    def find_last_lookup(self, order: str) -> CompletedCall | None:
        key = get_order_key(order)
        lookups = reversed(self.find_calls(LOOKUP_ORDER))
        return next((call for call in lookups if get_order_key(call.order_number) == key), None)


def read_request(body: Mapping[str, Any]) -> Dialogue:
    """The dialogue in a chat completions request; the names of shop and customer stand in its system text."""
    messages = body["messages"]
    instructions = [each for each in messages if each.get("role") in ("system", "developer")]
    system = "\n".join(_read_content(each)[0] for each in instructions)
    company, customer = COMPANY.search(system), CUSTOMER.search(system)
    return Dialogue(
        company=company[1] if company else "",
        customer_name=customer[1] if customer else "",
        is_guest=bool(GUEST.search(system)) and not customer,
        exchanges=_group_exchanges(messages),
        tools={tool.name: tool for tool in map(_parse_tool, body.get("tools") or ())},
    )


def _group_exchanges(messages: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    exchanges: list[Exchange] = []
    requested: dict[str, tuple[str, Mapping[str, Any]]] = {}  # name and arguments of each call by its id
    for message in messages:
        text, photo_count = _read_content(message)
        role = message.get("role")
        if role == "user":
            if not exchanges or exchanges[-1].answer or exchanges[-1].calls:
                exchanges.append(Exchange())
            exchanges[-1].text = f"{exchanges[-1].text}\n{text}".strip()
            exchanges[-1].photo_count += photo_count
        elif role == "assistant" and exchanges:
            exchanges[-1].answer = f"{exchanges[-1].answer}\n{text}".strip()
            requested |= {call["id"]: _parse_call(call) for call in message.get("tool_calls") or ()}
        elif role == "tool" and exchanges and message.get("tool_call_id") in requested:
            exchanges[-1].calls.append(CompletedCall(*requested[message["tool_call_id"]], text))
    return exchanges or [Exchange()]


def _read_content(message: Mapping[str, Any]) -> tuple[str, int]:
    """A message's text, and how many photos came with it."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content, 0
    texts = [str(part.get("text", "")) for part in content if part.get("type") == "text"]
    return "\n".join(texts), len(content) - len(texts)


def _parse_call(call: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    try:
        arguments = json.loads(call["function"]["arguments"] or "{}")
    except ValueError:
        arguments = {}
    return call["function"]["name"], arguments if isinstance(arguments, dict) else {}


def _parse_tool(tool: Mapping[str, Any]) -> ToolDescription:
    function = tool["function"]
    parameters = (function.get("parameters") or {}).get("properties") or {}
    return ToolDescription(function["name"], function.get("description") or "", parameters)
