"""The load client: many customers at once, each of whom asks again as soon as the answer has ended.

    python -m tests.bench.load --url http://127.0.0.1:8000/ --pid 4711 --model http://127.0.0.1:9100

Opens the chats one after the other, starts them spread over the length of an answer, and then measures a
window in which all are busy; with --turns so many whole turns of each, and with --idle none. It reads every token's
number and time of sending out of the text, so lag is from the model's write to this client's read, and no token can be
lost unseen. Prints one line, or JSON.

Of several processes of one site each has its share of the chats, and with --second-pages the first of these are open at
the next process too.
"""

import argparse
import gc
import heapq
import json
import selectors
from collections import Counter

from .browser import CLOSE, PING, PONG, TEXT, Opened, OpeningError, frame, open_again, open_chat, whole_frames
from .machine import Watched, read_url
from .result import Result, as_json
from .second_page import SecondPage, open_second_page
from .texts import TOKENS, ended_answers, frame_of_question
from .window import SECOND, Recording, Used, Window, now_us

OPENED_A_SECOND = 100
OPENING_SECONDS = 180
PAUSE_US = 20_000
TURNS_SECONDS = 600  # in which the turns of --turns must have ended
AFTERWARDS_US = 200_000  # for what a server still does of a turn when the answer has ended


class Chat:
    __slots__ = (
        "asked",
        "asked_at",
        "busy",
        "dead",
        "finished",
        "number",
        "page",
        "rest",
        "seen",
        "sock",
        "tokens",
    )

    def __init__(self, number: int, opened: Opened) -> None:
        self.number, self.sock, self.page, self.rest = number, opened.sock, opened.page, opened.rest
        self.busy = self.dead = False
        self.asked = self.asked_at = self.tokens = 0
        self.seen = bytearray()
        self.finished = b""  # the last answer's id


class Load:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._server = Watched(*options.pid)
        self._selector = selectors.DefaultSelector()
        self._chats: list[Chat] = []
        self._second_pages: dict[int, SecondPage] = {}  # by the chat's number
        self._agenda: list[tuple[int, int, Chat]] = []
        self._recording = Recording()
        self._errors: Counter[str] = Counter()
        self._busy = self._missing = 0
        self._stopping = False

    def run(self) -> Result:
        before, before_cpu = self._server.resident_kb(), self._server.cpu_seconds()
        self._open()
        self._pump(now_us() + SECOND)
        idle, opening = self._server.resident_kb(), self._server.cpu_seconds() - before_cpu
        if not self.options.idle and not self.options.turns:
            self._plan_first_turns()
            self._pump(now_us() + int((self.options.ramp + self.options.warm) * SECOND))
        window = self._measure()
        self._let_all_end()
        window.idle_kb, window.active_kb = (
            (kb - before) / self.options.chats for kb in (idle, window.active_kb)
        )
        window.opening_ms = 1000 * opening / self.options.chats
        window.second_lags = self._recording.second_lags
        return window.result(len(self._chats), self._missing, self._errors)

    def _measure(self) -> Window:
        read_url(f"{self.options.model}/stats")  # counts anew from here
        self._recording = recording = Recording()
        begin = Used.by_now(self._server)
        if self.options.turns:
            self._plan_first_turns()
            self._pump(begin.at + TURNS_SECONDS * SECOND, while_busy=True)
            self._pump(now_us() + AFTERWARDS_US)
        else:
            self._pump(begin.at + int(self.options.window * SECOND))
        end, active = Used.by_now(self._server), self._server.resident_kb()
        self._recording = Recording()
        model = json.loads(read_url(f"{self.options.model}/stats"))
        return Window(recording, begin, end, model, idle_kb=0, active_kb=active)

    def _open(self) -> None:
        start = now_us()
        for number in range(self.options.chats):
            if now_us() - start > OPENING_SECONDS * SECOND:
                self._errors["not opened in time"] += self.options.chats - number
                return
            try:
                self._open_chat(number)
            except (OSError, OpeningError) as error:
                self._errors[str(error)] += 1
            self._pump(start + (number + 1) * SECOND // OPENED_A_SECOND)

    def _open_chat(self, number: int) -> None:
        urls = self.options.url
        opened = open_chat(urls[number % len(urls)])
        self._chats.append(Chat(number, opened))
        self._selector.register(opened.sock, selectors.EVENT_READ, self._chats[-1])
        if number < self.options.second_pages:
            again = open_again(opened, urls[(number + 1) % len(urls)])
            self._second_pages[number] = open_second_page(again, self._selector)

    def _plan_first_turns(self) -> None:
        start, spread = now_us(), int(self.options.ramp * SECOND)
        for position, chat in enumerate(self._chats):
            self._plan(start + position * spread // len(self._chats), chat)

    def _plan(self, at: int, chat: Chat) -> None:
        heapq.heappush(self._agenda, (at, chat.number, chat))

    def _pump(self, until: int, *, while_busy: bool = False) -> None:
        """Send and receive until then, at least once; with `while_busy` no longer than there is somebody who waits."""
        while True:
            self._ask_who_is_due()
            if while_busy and not self._busy and not self._agenda:
                return
            next_due = min(until, self._agenda[0][0]) if self._agenda else until
            for key, _events in self._selector.select(max(0, next_due - now_us()) / SECOND):
                if isinstance(key.data, SecondPage):
                    key.data.read(self._selector)
                else:
                    self._read(key.data)
            if now_us() >= until:
                return

    def _let_all_end(self) -> None:
        self._stopping = True
        self._agenda.clear()
        self._pump(now_us() + int(self.options.drain * SECOND), while_busy=True)
        for chat in self._chats:
            if chat.busy:
                # Slow rather than lost, for all that can be known: an error, but no missing tokens.
                self._errors["answer still coming when time was up"] += 1
            if not chat.dead:
                self._send(chat, CLOSE, (1000).to_bytes(2))
                chat.sock.close()
        self._close_second_pages()

    def _close_second_pages(self) -> None:
        """What the first page of a chat was shown, and the second one was not, is missing."""
        if self._second_pages:
            self._pump(now_us() + AFTERWARDS_US)
        for chat in self._chats:
            if (page := self._second_pages.get(chat.number)) is not None:
                self._missing += max(0, chat.asked * self.options.tokens - len(page.seen))
                self._recording.second_lags.extend(page.lags)
                page.sock.close()

    def _ask_who_is_due(self) -> None:
        while self._agenda and self._agenda[0][0] <= now_us():
            chat = heapq.heappop(self._agenda)[2]
            if not chat.dead:
                self._ask(chat)

    def _ask(self, chat: Chat) -> None:
        question = frame_of_question(chat.page)
        chat.busy, chat.tokens, chat.seen = True, 0, bytearray(self.options.tokens)
        chat.asked += 1
        chat.asked_at = now_us()
        self._busy += 1
        self._send(chat, TEXT, question)

    def _send(self, chat: Chat, kind: int, payload: bytes) -> None:
        try:
            chat.sock.send(frame(kind, payload))
        except OSError as error:
            self._lose(chat, type(error).__name__)

    def _read(self, chat: Chat) -> None:
        try:
            data = chat.sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(chat, type(error).__name__)
            return
        if not data:
            self._lose(chat, "dropped by the server")
            return
        now = now_us()
        frames, chat.rest = whole_frames(chat.rest + data if chat.rest else data)
        for kind, payload in frames:
            if kind == TEXT:
                self._receive(chat, payload, now)
            elif kind == PING:
                self._send(chat, PONG, payload)
            elif kind == CLOSE:
                self._lose(chat, f"closed by the server with {int.from_bytes(payload[:2])}")
                return
            elif kind != PONG:
                self._errors[f"frame of kind {kind:#x}"] += 1

    def _receive(self, chat: Chat, payload: bytes, now: int) -> None:
        recording = self._recording
        recording.frames += 1
        recording.bytes += len(payload)
        tokens = TOKENS.findall(payload)
        for number, sent in tokens:
            # A fragment may show an older answer once more: its tokens were sent before this was asked.
            at, position = int(sent), int(number)
            if at >= chat.asked_at and not chat.seen[position]:
                chat.seen[position] = 1
                if not chat.tokens:
                    recording.firsts.append(now - chat.asked_at)
                elif position != chat.tokens:
                    self._errors["tokens out of order"] += 1
                chat.tokens += 1
                recording.lags.append(now - at)
        if chat.busy:
            self._look_for_the_end(chat, payload, tokens)

    def _look_for_the_end(self, chat: Chat, payload: bytes, tokens: list[tuple[bytes, bytes]]) -> None:
        for message, status in ended_answers(payload):
            if message == chat.finished:
                continue
            chat.finished = message
            # A last fragment with text replaces the page's: what it lacks is lost, whatever came before.
            kept = len({number for number, sent in tokens if int(sent) >= chat.asked_at})
            chat.tokens = min(chat.tokens, kept or chat.tokens)
            self._end(chat, "" if status == "complete" else f"answer {status}")

    def _end(self, chat: Chat, error: str = "") -> None:
        chat.busy = False
        self._busy -= 1
        self._missing += self.options.tokens - chat.tokens
        if error:
            self._errors[error] += 1
        else:
            self._recording.turns += 1
        if not self._stopping and (not self.options.turns or chat.asked < self.options.turns):
            self._plan(now_us() + PAUSE_US, chat)

    def _lose(self, chat: Chat, why: str) -> None:
        if chat.dead:
            return
        chat.dead = True
        self._selector.unregister(chat.sock)
        chat.sock.close()
        if chat.busy:
            self._end(chat, why)
        else:
            self._errors[why] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Opens chats, keeps them busy, and measures.")
    parser.add_argument(
        "--url", action="append", required=True, help="The chat page on this machine; one of each process."
    )
    parser.add_argument(
        "--pid", type=int, action="append", required=True, help="The server's process; may be given again."
    )
    parser.add_argument("--second-pages", type=int, default=0, help="Of how many chats there are two pages.")
    parser.add_argument("--model", required=True, help="The scripted model, without /v1.")
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=200, help="As the scripted model was told.")
    parser.add_argument("--ramp", type=float, default=4, help="Seconds over which the first turns begin.")
    parser.add_argument("--warm", type=float, default=1, help="Seconds from there to the window.")
    parser.add_argument("--window", type=float, default=5, help="Seconds that are measured.")
    parser.add_argument(
        "--turns", type=int, default=0, help="Measure so many whole turns of each chat instead."
    )
    parser.add_argument("--idle", action="store_true", help="Nobody asks anything.")
    parser.add_argument("--drain", type=float, default=60, help="Seconds in which the last turns may end.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gc.disable()  # a collection in this client would show as lag of the server
    result = Load(options).run()
    print(json.dumps(as_json(result)) if options.json else result.line())


if __name__ == "__main__":
    main()
