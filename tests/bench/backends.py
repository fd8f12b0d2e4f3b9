"""What a chunk of an answer costs in each backend, beside the stream of objects that the SDK itself offers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from .machine import OTHER_CORES, PROJECT, SERVER_CORES, free_port, pin, running
from .plan import Plan
from .report import Table
from .systems import Script, scripted_model

SCRIPT = Script(tokens=100, interval_ms=20)
# A backend, and the SDK's own way to the same answer: `create(stream=True)`, or `stream()` where there is gRPC.
PAIRS = {"chat": "sdk-chat", "responses": "sdk-responses", "xai": "sdk-xai"}


def backends(plan: Plan, script: Script = SCRIPT) -> Iterator[Table]:
    """CPU a chunk of each backend, its part of the request included."""
    cost: dict[str, float] = {}
    with ExitStack() as stack:
        http = stack.enter_context(scripted_model(plan.data, script)).url
        grok = start_grok(stack, plan.data, script)
        for by in (*PAIRS, *PAIRS.values()):
            _, cost[by] = noted(plan, by, grok if by.endswith("xai") else http)
        # The demo model answers in the same process, and in few words: beside it stands an answer as long.
        words, cost["demo"] = noted(plan, "demo", http)
        short = stack.enter_context(scripted_model(plan.data, replace(script, tokens=words)))
        _, cost["sdk-short"] = noted(plan, "sdk-chat", short.url)
    yield table(plan, cost)


def start_grok(stack: ExitStack, data: Path, script: Script) -> str:
    """The scripted model over gRPC, and its address."""
    port = free_port()
    words = ["--port", str(port), "--tokens", str(script.tokens), "--interval-ms", str(script.interval_ms)]
    log = data / f"grok-{port}.log"
    stack.enter_context(running(["-m", "tests.bench.scripted_grok", *words], port, log, OTHER_CORES))
    return f"http://127.0.0.1:{port}"


def noted(plan: Plan, by: str, model: str) -> tuple[int, float]:
    """The chunks of one answer, and microseconds a chunk."""
    chunks, cpu_us = read(by, model, plan.streams)
    words = chunks // plan.streams
    plan.note_numbers("backends", f"{by}, {plan.streams} answers of {words} chunks", us_a_chunk=cpu_us)
    return words, cpu_us


def read(by: str, model: str, streams: int) -> tuple[int, float]:
    """How many chunks came, and the CPU of each in microseconds."""
    words = ["--by", by, "--model", model, "--streams", str(streams)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.reading", *words], cwd=PROJECT, stdout=subprocess.PIPE
    ) as process:
        pin(process.pid, SERVER_CORES)
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"Reading by {by} failed.")
    found = json.loads(output)
    return found["chunks"], 1e6 * found["cpu_seconds"] / max(1, found["chunks"])


def table(plan: Plan, cost: dict[str, float]) -> Table:
    made = Table(f"CPU a chunk, {plan.streams} answers at once", ("SDK's objects", "supportbot"))
    for ours, theirs in {**PAIRS, "demo": "sdk-short"}.items():
        made.add(ours, "us", cost[theirs], cost[ours])
    for ours in ("responses", "xai"):
        made.add(f"{ours}, beside chat.completions", "us", cost["sdk-chat"], cost[ours])
    made.notes.append(
        "beside demo, which is model and client in one, stands a chat.completions of its length"
    )
    return made
