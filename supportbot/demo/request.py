"""A request read as a talk: who speaks, what was said and done turn by turn, which tools there are."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .actions import LOOKUP, asked_in
from .mentions import emails_in, order_key, orders_in, simplify

COMPANY = re.compile(
    r"\bassistant (?:of|for|at) (.+?)[.,;!]?(?:\s*$|[.,;!]\s|\s+(?:The|You)\s)", re.MULTILINE
)
CUSTOMER = re.compile(r"\bsigned in as (.+?)[.,;!]?(?:\s*$|[.,;]\s)", re.MULTILINE)
GUEST = re.compile(r"\bguest\b", re.IGNORECASE)
# What the parameter for an order number may be called, likeliest first.
ORDER_WORDS = ("order", "number", "id")
# A call that the end of a turn cut off was never run, so on a retry it is asked for again.
NEVER_RUN = re.compile(r"^Interrupted\b")


@dataclass(frozen=True)
class Done:
    """A tool call that was made, and the content that came back."""

    name: str
    arguments: Mapping[str, Any]
    content: str

    @cached_property
    def result(self) -> Any:
        """The content as a value, or as it is where it is not JSON."""
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
    def order(self) -> str:
        """The order number that it is about, as the shop writes it, else as it was asked for."""
        return str(self.fields.get("order_id") or self.asked_order)

    @property
    def asked_order(self) -> str:
        named = (value for name, value in self.arguments.items() if any(word in name for word in ORDER_WORDS))
        return str(next(named, ""))


@dataclass
class Turn:
    said: str = ""
    photos: int = 0
    done: list[Done] = field(default_factory=list)
    answer: str = ""

    def calls(self, name: str) -> list[Done]:
        return [each for each in self.done if each.name == name and not NEVER_RUN.match(each.error)]

    @property
    def asks(self) -> frozenset[str]:
        return asked_in(self.answer)


@dataclass(frozen=True)
class Offered:
    """A tool as the request describes it."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def parameter(self, *words: str) -> str:
        """The first parameter whose name has one of the words in it, or nothing."""
        return next((name for name in self.parameters if any(word in name for word in words)), "")


@dataclass(frozen=True)
class Talk:
    company: str
    customer: str
    guest: bool
    turns: Sequence[Turn]
    tools: Mapping[str, Offered]

    @property
    def now(self) -> Turn:
        return self.turns[-1]

    @cached_property
    def words(self) -> str:
        """What the customer said this time, simplified for patterns."""
        return simplify(self.now.said)

    @cached_property
    def asked(self) -> frozenset[str]:
        """What our last answer asked."""
        return self._asked_before(len(self.turns) - 1)

    def _asked_before(self, index: int) -> frozenset[str]:
        return self.turns[index - 1].asks if index else frozenset()

    @cached_property
    def orders(self) -> list[str]:
        """Order numbers in what was said this time."""
        return self._orders_said(len(self.turns) - 1)

    def _orders_said(self, index: int) -> list[str]:
        return orders_in(self.turns[index].said, asked="number" in self._asked_before(index))

    @cached_property
    def known_order(self) -> str:
        """The order that the talk is about: the last one said, as the shop spells it if it is known."""
        for index in range(len(self.turns) - 1, -1, -1):
            said = self._orders_said(index)
            looked_up = [done.order for done in self.turns[index].calls(LOOKUP)]
            if said or looked_up:
                return self._spelled(said[-1] if said else looked_up[0])
        return ""

    @cached_property
    def all_orders(self) -> list[str]:
        """Every order that was said, each once, the one that the talk is about first."""
        said = [self._spelled(each) for index in range(len(self.turns)) for each in self._orders_said(index)]
        return list(dict.fromkeys(filter(None, [self.known_order, *said])))

    @cached_property
    def photos(self) -> int:
        """How many pictures the customer has sent in this conversation."""
        return sum(turn.photos for turn in self.turns)

    @cached_property
    def email(self) -> str:
        """The last e-mail address that the customer gave."""
        return next((found[-1] for turn in reversed(self.turns) if (found := emails_in(turn.said))), "")

    @cached_property
    def known_ticket(self) -> str:
        """The last ticket that was opened in this conversation."""
        opened = [str(done.fields.get("ticket_id") or "") for turn in self.turns for done in turn.done]
        return next(filter(None, reversed(opened)), "")

    def _spelled(self, order: str) -> str:
        """The order's number as the shop writes it, if it was looked up."""
        known = self.last_lookup(order)
        return known.order if known else order

    def last_lookup(self, order: str) -> Done | None:
        made = [done for turn in self.turns for done in turn.calls(LOOKUP)]
        return next((done for done in reversed(made) if order_key(done.order) == order_key(order)), None)


def read_request(body: Mapping[str, Any]) -> Talk:
    messages = body["messages"]
    system = "\n".join(_text(each)[0] for each in messages if each.get("role") in ("system", "developer"))
    company, customer = COMPANY.search(system), CUSTOMER.search(system)
    return Talk(
        company=company[1] if company else "",
        customer=customer[1] if customer else "",
        guest=bool(GUEST.search(system)) and not customer,
        turns=_turns(messages),
        tools={tool.name: tool for tool in map(_offered, body.get("tools") or ())},
    )


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[Turn]:
    turns: list[Turn] = []
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for message in messages:
        text, photos = _text(message)
        role = message.get("role")
        if role == "user":
            if not turns or turns[-1].answer or turns[-1].done:
                turns.append(Turn())
            turns[-1].said = f"{turns[-1].said}\n{text}".strip()
            turns[-1].photos += photos
        elif role == "assistant" and turns:
            turns[-1].answer = f"{turns[-1].answer}\n{text}".strip()
            asked |= {call["id"]: _call(call) for call in message.get("tool_calls") or ()}
        elif role == "tool" and turns and message.get("tool_call_id") in asked:
            turns[-1].done.append(Done(*asked[message["tool_call_id"]], text))
    return turns or [Turn()]


def _text(message: Mapping[str, Any]) -> tuple[str, int]:
    """A message's text, and how many pictures are with it."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content, 0
    texts = [str(part.get("text", "")) for part in content if part.get("type") == "text"]
    return "\n".join(texts), len(content) - len(texts)


def _call(call: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    try:
        arguments = json.loads(call["function"]["arguments"] or "{}")
    except ValueError:
        arguments = {}
    return call["function"]["name"], arguments if isinstance(arguments, dict) else {}


def _offered(tool: Mapping[str, Any]) -> Offered:
    function = tool["function"]
    parameters = (function.get("parameters") or {}).get("properties") or {}
    return Offered(function["name"], function.get("description") or "", parameters)
