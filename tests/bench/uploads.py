"""Whether fifty chats go on smoothly while a customer sends a photo of 8 MB, and how long that takes to be accepted."""

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from supportbot.assistant.images import MAX_BYTES
from tests.pictures import encoded, noise

from .browser import get
from .plan import Plan
from .report import Table
from .result import Result
from .systems import Script, scripted_model, supportbot

CHATS = 50
SCRIPT = Script(tokens=100)
SIZE = (4000, 3000)  # of a phone's photo
ALONE = 3  # photos sent to a server that has nothing else to do
PATIENCE = 120
BOUNDARY = "supportbot-bench"
PART = (
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
    "Content-Type: image/jpeg\r\n\r\n"
).encode()


def uploads(plan: Plan, chats: int = CHATS, script: Script = SCRIPT) -> Iterator[Table]:
    """Lag of 50 streams with and without photos of 8 MB coming in, one after the other."""
    with (
        scripted_model(plan.data, script) as model,
        supportbot(model, plan.data / "uploads.sqlite3") as server,
    ):
        server.warm_up()
        sender = Sender(server.url, largest_photo())
        alone = [sender.send() for _ in range(ALONE)]
        without = plan.note("uploads", "no photos", server.measure(chats, plan.window))
        with Sending(sender) as sending:
            beside = plan.note("uploads", "photos", server.measure(chats, plan.window))
        accepted = sending.during(beside)
    plan.note_numbers(
        "uploads", f"{len(accepted)} photos beside chats, ms", alone=median(alone), beside=median(accepted)
    )
    yield table(chats, without, beside, median(alone), median(accepted))


def table(chats: int, without: Result, beside: Result, alone: float, accepted: float) -> Table:
    made = Table(f"supportbot: {chats} chats and photos of 8 MB", ("no photos", "one after the other"))
    for what, name in (
        ("lag p50", "lag_p50_ms"),
        ("lag p99", "lag_p99_ms"),
        ("first token p99", "first_p99_ms"),
    ):
        made.add(what, "ms", getattr(without, name), getattr(beside, name))
    made.add("missing tokens", "", without.missing, beside.missing)
    made.add("until a photo is accepted (no chats | chats)", "ms", alone, accepted)
    made.notes.append("the process that draws a photo anew shares the server's core, at a lower priority")
    made.notes += [f"no photos: {without.noise()}", f"photos: {beside.noise()}"]
    return made


def largest_photo() -> bytes:
    """A JPEG of noise in the highest quality that the limit allows, and just as large as that."""
    picture = noise(*SIZE)
    low, high = 1, 96
    while high - low > 1:
        quality = (low + high) // 2
        fits = len(encoded(picture, quality=quality)) <= MAX_BYTES
        low, high = (quality, high) if fits else (low, quality)
    # Behind its end a photo may hold anything, and those of phones do.
    return encoded(picture, quality=low).ljust(MAX_BYTES, b"\0")


class Sender:
    """A customer who only sends photos."""

    def __init__(self, url: str, photo: bytes) -> None:
        page, _, self._cookies = get(url)
        self._address = urlsplit(page)
        self._body = b"".join([PART, photo, f"\r\n--{BOUNDARY}--\r\n".encode()])

    def send(self) -> float:
        """Milliseconds from the first byte to the word that it is accepted."""
        address = self._address
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "X-CSRFToken": self._cookies["csrftoken"],
            "Origin": f"{address.scheme}://{address.netloc}",
        }
        connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE)
        start = monotonic()
        try:
            connection.request("POST", f"{address.path}images/", self._body, headers)
            response = connection.getresponse()
            words = response.read()
        finally:
            connection.close()
        if response.status != 201:
            raise SystemExit(f"A photo was not accepted: {response.status} {words.decode()[:300]}")
        return 1000 * (monotonic() - start)


class Sending:
    """Photos one after the other, all the while that the block takes."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._sent: list[tuple[float, float]] = []  # the end of each, and how long it took
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        self._sending = self._pool.submit(self._send)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._pool.shutdown()
        self._sending.result()  # raises what went wrong

    def _send(self) -> None:
        while not self._is_over.is_set():
            took = self._sender.send()
            self._sent.append((monotonic(), took))

    def during(self, result: Result) -> list[float]:
        """How long those took that were on their way in this measurement's window."""
        return [
            took
            for ended, took in self._sent
            if ended > result.began and ended - took / 1000 < result.began + result.seconds
        ]
