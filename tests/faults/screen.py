"""What a page shows, kept up to date by frames as static/chat/incoming.js and htmx do it."""

import json
from dataclasses import dataclass, field

from tests.conversations.markup import Element, parse

from .history import Shown


@dataclass
class Bubble:
    """One message. `tail` is the text behind the finished blocks, None for a message that does not stream."""

    role: str
    status: str
    text: str
    tail: str | None = None
    end: int = 0

    @property
    def whole(self) -> str:
        return (self.text if self.tail is None else f"{self.text}\n{self.tail}").strip()


@dataclass
class Section:
    """One turn."""

    state: str
    revision: int
    bubbles: dict[int, Bubble] = field(default_factory=dict)


class Screen:
    def __init__(self) -> None:
        self.turns: dict[int, Section] = {}
        self.client_ids: set[str] = set()
        self.refused: dict[str, str] = {}
        self.notice = ""
        self.seen = 0
        self.came_late = 0

    def load(self, html: str) -> None:
        """Show a page that was got by HTTP, and nothing of the one before it."""
        self.turns.clear()
        self.client_ids.clear()
        page = parse(html)
        (chat,) = (each for each in page.all("div") if each.attributes.get("id") == "chat")
        self.seen = int(chat["data-revision"])
        for section in page.all("section"):
            if "data-turn" in section.attributes:
                self._put(section)

    def apply(self, frame: str) -> bool:
        """Take a frame in. False if the page finds that it missed something and must ask for it."""
        if frame.startswith("{"):
            return self._append(**json.loads(frame)["delta"])
        for element in parse(frame).children:
            if isinstance(element, Element):
                self._swap(element)
        return True

    def shown(self) -> list[Shown]:
        return [
            Shown(turn, section.state, message, bubble.role, bubble.status, bubble.whole)
            for turn, section in sorted(self.turns.items())
            for message, bubble in section.bubbles.items()
        ]

    def _swap(self, element: Element) -> None:
        if "data-turn" in element.attributes:
            self._put(element)
        elif "blocks" in element.attributes.get("class", ""):
            self._put_blocks(element)
        elif "tail" in element.attributes.get("class", ""):
            if bubble := self._streaming(element["id"]):
                bubble.tail, bubble.end = element.text, int(element["data-end"])
        elif element.attributes.get("id") == "pulse":
            self.seen = max(self.seen, int(element["data-newest"]))
        elif element.attributes.get("id") == "notice":
            self.notice = element.text.strip()
            if "data-refused" in element.attributes:
                self.refused[element["data-refused"]] = self.notice

    def _put(self, element: Element) -> None:
        number, revision = int(element["data-turn"]), int(element["data-revision"])
        known = self.turns.get(number)
        if known is not None and known.revision > revision:
            self.came_late += 1
            return
        section = self.turns[number] = Section(element["data-state"], revision)
        for article in element.all("article"):
            section.bubbles[int(article["data-message"])] = _bubble(article)
            if "data-client-id" in article.attributes:
                self.client_ids.add(article["data-client-id"])

    def _put_blocks(self, element: Element) -> None:
        if bubble := self._streaming(element["id"]):
            before = bubble.text if element["hx-swap-oob"] == "beforeend" else ""
            bubble.text = f"{before}\n{element.text}"

    def _append(self, message: str, offset: int, text: str) -> bool:
        bubble = self._streaming(f"tail-{message}")
        if bubble is None or bubble.tail is None or bubble.end < offset:
            return False
        if offset + len(text) > bubble.end:
            bubble.tail += text[bubble.end - offset :]
            bubble.end = offset + len(text)
        return True

    def _streaming(self, identity: str) -> Bubble | None:
        """The message whose blocks or tail have this id, if the page shows them."""
        message = int(identity.rpartition("-")[2])
        found = (turn.bubbles[message] for turn in self.turns.values() if message in turn.bubbles)
        return next((bubble for bubble in found if bubble.tail is not None), None)


def _bubble(article: Element) -> Bubble:
    bubble = Bubble(article["data-role"], article["data-status"], "")
    if bubble.status == "streaming":
        tail = next(each for each in article.classed("tail"))
        bubble.tail, bubble.end = tail.text, int(tail["data-end"])
        bubble.text = next(each for each in article.classed("blocks")).text
    else:
        bubble.text = "".join(each.text for each in article.classed("text"))
    return bubble
