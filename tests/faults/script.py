"""What customers say and what the model answers: every word is marked, so that each can be told from all others.

A message's marker, such as `c3n7t`, says whose it is, which of theirs, and what it makes the model do. The
answer to a message is a function of its marker, so that whoever sees a text knows what it must have been.
"""

import json
import re
from collections.abc import Callable, Sequence
from random import Random

from tests.provider import Call, Provider, Request

MARKER = re.compile(r"\bc\d+n\d+[a-z]")
OWNER = re.compile(r"\b(c\d+)n\d+")
NUMBER = re.compile(r"TKT-\d+")
KINDS = {
    "p": "please tell me about it.",
    "t": "it is broken, please open a ticket.",
    "o": "where is my order ORD-123?",
    "w": "say something first, then look order ORD-123 up.",
    "b": "look ORD-123 and ORD-456 up and open a ticket.",
}
TICKETS = "tb"


def message(customer: str, number: int, kind: str) -> str:
    return f"{customer}n{number}{kind}: {KINDS[kind]}"


def markers(text: str) -> list[str]:
    """The markers in a text, in order, each once."""
    return list(dict.fromkeys(MARKER.findall(text)))


def kinds(asked: Sequence[str]) -> str:
    return "".join(marker[-1] for marker in asked)


def opening(asked: Sequence[str]) -> str:
    """What the model says before it asks for tools; mostly nothing."""
    return f"One moment for {' '.join(asked)}. " + _words(asked, "a") if "w" in kinds(asked) else ""


def answer(asked: Sequence[str], tickets: Sequence[str] = ()) -> str:
    told = "".join(f" Your ticket is {number}." for number in tickets)
    return f"About {' '.join(asked)}.{told} " + _words(asked, "w")


def plain(text: str) -> str:
    """The text without regard to line breaks, which Markdown and HTML see differently."""
    return " ".join(text.split())


def speak(provider: Provider) -> Callable[[Request], None]:
    """The model: decides from what it is asked alone, so it may be asked by anyone, at any time and again."""

    def reply(request: Request) -> None:
        user = max(at for at, each in enumerate(request.messages) if each["role"] == "user")
        asked = markers(request.messages[user]["content"])
        results = [each["content"] for each in request.messages[user:] if each["role"] == "tool"]
        if results:
            provider.say(answer(asked, list(dict.fromkeys(NUMBER.findall(" ".join(results))))))
        elif wanted := _calls(asked, len(provider.requests)):
            provider.calls(*wanted, text=opening(asked))
        else:
            provider.say(answer(asked))

    return reply


def asked_of(request: Request) -> list[str]:
    """All markers that a request holds, whoever wrote them."""
    return markers(json.dumps(request.messages))


def _calls(asked: Sequence[str], passing: int) -> list[Call]:
    """The tools for these messages. A model that is asked again writes its request in other words."""
    wanted = []
    if set(kinds(asked)) & set("owb"):
        wanted.append(Call("lookup_order", {"order_id": "ORD-123"}))
    if "b" in kinds(asked):
        wanted.append(Call("lookup_order", {"order_id": "ORD-456"}))
    if set(kinds(asked)) & set(TICKETS):
        issue = f"{' '.join(asked)} is broken, said in way {passing}"
        wanted.append(Call("create_ticket", {"issue": issue, "priority": "low"}))
    return wanted


def _words(asked: Sequence[str], mark: str) -> str:
    """Numbered words in paragraphs, as many as the marker says."""
    if not asked:
        return ""  # an answer to nothing, which only a bug can bring about
    count = Random(asked[0] + mark).randrange(8, 70)
    words = [f"{asked[0]}{mark}{number}" for number in range(count)]
    return "\n\n".join(" ".join(words[start : start + 15]) for start in range(0, count, 15))
