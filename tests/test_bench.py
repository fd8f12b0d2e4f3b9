"""The measuring tools measure: every token is counted, and a token that does not come is noticed."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from orders.models import Order
from supportbot.assistant.images import MAX_BYTES, prepare
from tests.bench import filled_orders
from tests.bench.backends import backends
from tests.bench.browser import PING, TEXT, frame, whole_frames
from tests.bench.lengths import lengths
from tests.bench.parts import search
from tests.bench.plan import Plan
from tests.bench.profile import describe
from tests.bench.report import Table
from tests.bench.result import Result
from tests.bench.sampler import Sampler
from tests.bench.systems import Script, Server, scripted_model, textbook
from tests.bench.turns import fit
from tests.bench.uploads import largest_photo, uploads

SHORT = Script(tokens=10, interval_ms=5)
Part = Callable[..., Iterator[Table]]
Values = dict[str, tuple[float, float]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The textbook, whose model answers in five tokens."""
    data = tmp_path_factory.mktemp("bench")
    with scripted_model(data, Script(tokens=5, interval_ms=5)) as model, textbook(model, data) as server:
        yield server


@pytest.fixture(scope="module")
def measured(served: Server) -> Result:
    """Three chats with the textbook, each busy with short answers for half a second."""
    return served.measure(chats=3, window=0.5)


def test_the_textbook_loses_nothing(measured: Result) -> None:
    assert measured.whole
    assert measured.chats == 3
    assert measured.turns > 0
    assert measured.tokens > 0


def test_every_number_of_a_measurement_is_present(measured: Result) -> None:
    assert 0 < measured.lag_p50_ms <= measured.lag_p99_ms < float("inf")
    assert 0 < measured.first_p50_ms <= measured.first_p99_ms < float("inf")
    assert measured.cpu_us_per_token > 0
    assert measured.frames_per_token >= 1
    assert measured.bytes_per_token > len("t00000x000000000000000")


def test_a_client_that_expects_more_than_comes_says_so(served: Server) -> None:
    more = replace(served, model=replace(served.model, script=Script(tokens=6, interval_ms=5)))
    result = more.measure(chats=1, window=0.2)

    assert result.missing > 0
    assert not result.whole


def test_whole_turns_are_measured_to_the_last_token(served: Server) -> None:
    result = served.answering(3).measure(chats=3, ramp=0, turns=2)
    nobody_asks = served.answering(5).measure(chats=2, window=0.1, idle=True)

    assert result.whole
    assert (result.turns, result.tokens) == (6, 18)
    assert result.opening_ms_per_chat > 0
    assert nobody_asks.whole
    assert (nobody_asks.turns, nobody_asks.tokens) == (0, 0)


@pytest.mark.parametrize("noise", [1, 1.1])
def test_the_line_through_answers_of_three_lengths_is_what_a_turn_and_a_token_cost(noise: float) -> None:
    costs = {20: 5 + 20 * 0.1, 200: 5 + 200 * 0.1, 800: (5 + 800 * 0.1) * noise}

    fixed_ms, token_ms = fit(costs)

    assert fixed_ms == pytest.approx(5, rel=2 * (noise - 1) or 1e-9)
    assert token_ms == pytest.approx(0.1, rel=noise - 1 or 1e-9)


def test_a_profile_shows_the_thread_that_works_and_none_that_waits() -> None:
    over = threading.Event()
    threads = [
        threading.Thread(target=_compute, args=(over,), name="busy_0"),
        threading.Thread(target=over.wait, name="idle_0"),
    ]
    sampler = Sampler(
        serving=("tests/test_bench.py", "test_a_profile_shows_the_thread_that_works_and_none_that_waits")
    )
    for thread in (*threads, sampler):
        thread.start()
    time.sleep(0.3)
    over.set()
    found = sampler.end()

    told = describe(found)
    assert "busy: " in told
    assert "tests/test_bench.py _compute" in told
    assert "idle" not in told


def _compute(over: threading.Event) -> None:
    while not over.is_set():
        sum(range(1000))


def test_frames_are_found_however_the_bytes_are_cut() -> None:
    payloads = [b"", b"a", b"b" * 125, b"c" * 126, b"d" * 70_000]
    sent = b"".join(_server_frame(payload) for payload in payloads) + bytes((PING, 0))
    cuts = [0, 1, 3, 130, 258, 259, 263, 5_000, len(sent)]

    found, rest = [], b""
    for start, end in pairwise(cuts):
        frames, rest = whole_frames(rest + sent[start:end])
        found += frames

    assert found == [*((TEXT, payload) for payload in payloads), (PING, b"")]
    assert rest == b""


@pytest.mark.parametrize("length", [0, 125, 126, 60_000])
def test_a_frame_of_the_client_is_masked_and_says_its_length(length: int) -> None:
    sent = frame(TEXT, b"x" * length)

    assert sent[1] & 0x80
    assert whole_frames(
        bytes((sent[0], sent[1] & 0x7F)) + sent[2 : -4 - length] + sent[len(sent) - length :]
    )[0] == [(TEXT, b"x" * length)]


@pytest.mark.parametrize("holds", [40, 150, 487])
def test_the_search_comes_close_to_what_a_server_holds(holds: int, measured: Result) -> None:
    def probe(chats: int) -> Result:
        lag = 10.0 if chats <= holds else 2_000.0
        return replace(measured, lag_p99_ms=lag, first_p99_ms=lag, model_percent=10, client_percent=10)

    found, limited = search(probe, probes=10, limit=1_000)

    assert holds * 0.9 <= found <= holds
    assert not limited


def test_a_table_shows_both_systems_and_their_ratio() -> None:
    table = Table("Streaming", ("textbook", "supportbot"))
    table.add("CPU a token", "us", 250, 100)

    assert "CPU a token, us             250                   100     0.40" in table.text()


@pytest.fixture
def migrated_folder(migrated_database: Path, tmp_path: Path) -> Path:
    """A folder in which the measured sites find their databases, so that they need not make the tables anew."""
    for name in ("summed-up", "uploads", "window-only"):
        shutil.copy(migrated_database, tmp_path / f"{name}.sqlite3")
    return tmp_path


def test_a_long_conversation_is_sent_whole_by_the_textbook_and_in_part_by_the_product(
    migrated_folder: Path,
) -> None:
    turns, short_and_long = played(lengths, Plan(migrated_folder, lengths=(4, 200, 400), each=1, asked=1))

    textbook, ours = turns["400 messages: request"]
    assert textbook > 1.9 * turns["200 messages: request"][0]
    assert ours < textbook / 3
    # Beyond what the window takes, more messages make no larger request.
    assert ours == pytest.approx(turns["200 messages: request"][1], rel=0.05)
    short, long = short_and_long["supportbot, no summaries: request"]
    assert ours < long
    assert short < long
    for before, after in (*turns.values(), *short_and_long.values()):
        assert 0 <= before < float("inf")
        assert 0 <= after < float("inf")


def test_every_backend_and_every_sdk_reads_every_chunk(tmp_path: Path) -> None:
    plan = Plan(tmp_path, streams=4)

    (costs,) = played(backends, plan, SHORT)

    assert {"chat", "responses", "xai", "demo"} < costs.keys()
    assert all(theirs > 0 and ours > 0 for theirs, ours in costs.values())
    read = [found["what"] for found in plan.results]
    whole = ("chat", "responses", "xai", "sdk-chat", "sdk-responses", "sdk-xai")
    assert [f"{by}, 4 answers of 10 chunks" for by in whole] == read[:6]
    # The demo model's answer has a length of its own, and what stands beside it has the same.
    assert read[6].removeprefix("demo") == read[7].removeprefix("sdk-chat")


def test_photos_are_accepted_while_chats_stream_and_no_word_is_lost(migrated_folder: Path) -> None:
    (found,) = played(uploads, Plan(migrated_folder, window=1), 3, SHORT)

    assert found["missing tokens"] == (0, 0)
    for what in ("lag p50", "lag p99", "until a photo is accepted (no chats | chats)"):
        assert all(0 < value < float("inf") for value in found[what])


async def test_the_photo_is_as_large_as_may_be_and_one_that_is_taken() -> None:
    photo = largest_photo()

    assert len(photo) == MAX_BYTES
    assert len(photo.rstrip(b"\0")) > 0.95 * MAX_BYTES
    assert (await prepare(photo)).content_type == "image/jpeg"


def played(part: Part, plan: Plan, *options: object) -> list[Values]:
    """The rows of a part's tables."""
    return [{row.what: (row.before, row.after) for row in table.rows} for table in part(plan, *options)]


def _server_frame(payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((TEXT, length)) + payload
    if length < 1 << 16:
        return bytes((TEXT, 126)) + length.to_bytes(2) + payload
    return bytes((TEXT, 127)) + length.to_bytes(8) + payload


def test_an_order_is_looked_up_in_every_way_that_is_measured(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled_orders, "ACCOUNT_ORDERS", 100)
    user = User.objects.create(username="dealer")
    filled_orders.fill(300, user.pk)

    measured = filled_orders.measure_lookups(300, user)

    assert Order.objects.filter(customer=user).count() == 100
    assert all(0 < queries < 12 for _ms, _cpu_ms, queries in measured.values())
