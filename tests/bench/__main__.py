"""`make bench`, or python -m tests.bench: supportbot and the textbook, side by side on this machine.

    python -m tests.bench                                          all of it, some eight minutes
    python -m tests.bench --long                                   with more rounds and more chats, a quarter of an hour
    python -m tests.bench --quick                                  under two minutes
    python -m tests.bench --only lengths                           one part
    python -m tests.bench --only stream --chats 50 --system ours   one line, for tuning
    python -m tests.bench --profile --chats 40 --tokens 20         where the time goes, in all threads

A ratio is supportbot divided by the textbook, or whatever else stands beside it in a column. Nothing is
asserted: times depend on the machine, and every line says how busy it was with other things.
"""

import argparse
import inspect
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic

from supportbot.server.open_files import raise_file_limit

from .machine import OTHER_CORES, SERVER_CORES, pin
from .parts import PARTS, Plan
from .report import Table
from .systems import SYSTEMS, Script


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures supportbot against a textbook."
    )
    parser.add_argument("--quick", action="store_true", help="Fewer chats, one round, short windows.")
    parser.add_argument("--long", action="store_true", help="More rounds and chats, and longer windows.")
    parser.add_argument("--only", action="append", choices=PARTS, help="Just this part; may be given again.")
    parser.add_argument("--system", choices=SYSTEMS, help="Just this system.")
    parser.add_argument("--chats", type=int, action="append", help="How many chats; may be given again.")
    parser.add_argument("--rounds", type=int, help="Of how many measurements the medians are.")
    parser.add_argument("--window", type=float, help="Seconds that a measurement takes.")
    parser.add_argument("--orders", type=int, help="How many orders there are; 1,000,000 with --long.")
    parser.add_argument("--tokens", type=int, default=Script.tokens, help="Tokens of an answer.")
    parser.add_argument("--interval-ms", type=float, default=Script.interval_ms, help="Time between them.")
    parser.add_argument("--idle", type=int, help="How many chats in which nobody says anything.")
    parser.add_argument(
        "--profile",
        action="append_const",
        dest="only",
        const="profile",
        help="Show where supportbot's time goes, in all threads; the same as --only profile.",
    )
    parser.add_argument("--json", type=Path, help="Also write all numbers to this file.")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pin(os.getpid(), OTHER_CORES)
    raise_file_limit()  # for the processes that are started: each chat is an open file
    with tempfile.TemporaryDirectory(prefix="supportbot-bench-") as data:
        plan = chosen_plan(options, Path(data))
        print(about_this_run())
        tables = run(plan, options.only or default_parts(options))
        print(how_noisy(plan))
    if options.json:
        found = {"results": plan.results, "tables": [asdict(table) for table in tables]}
        options.json.write_text(json.dumps(found, indent=1))


def run(plan: Plan, parts: list[str]) -> list[Table]:
    tables = []
    for part in parts:
        print(f"\n=== {part}: {inspect.getdoc(PARTS[part])}", flush=True)
        start = monotonic()
        for table in PARTS[part](plan):
            tables.append(table)
            print(table.text())
        print(f"\n{part} took {monotonic() - start:.0f} s", flush=True)
    return tables


def how_noisy(plan: Plan) -> str:
    loads = [result for result in plan.results if "others_percent" in result]
    if not loads:
        return ""
    others = max(result["others_percent"] for result in loads)
    late = max(result["model_late_p99_ms"] for result in loads)
    worst = f"Others took up to {others:.0f} % of a core, the model was up to {late:.0f} ms late (p99)."
    advice = " Run it again on a quieter machine before you believe a time." if others > 25 else ""
    return f"\n{worst}{advice}"


def default_parts(options: argparse.Namespace) -> list[str]:
    # The profile is no measurement: whoever is looked at is slower.
    return ["stream", "database", "page"] if options.quick else [part for part in PARTS if part != "profile"]


def chosen_plan(options: argparse.Namespace, data: Path) -> Plan:
    plan = Plan(data, script=Script(options.tokens, options.interval_ms))
    if options.quick:
        plan = replace(plan, window=2, conversations=2_000, listed=2_000, each=2)
    if options.long:
        plan = replace(plan, levels=(50, 200, 500), rounds=3, window=4)
        plan = replace(plan, conversations=20_000, listed=100_000, most_probes=6, each=12)
        plan = replace(plan, orders=1_000_000, imported_rows=200_000)
    if options.idle:
        plan = replace(plan, idle=options.idle)
    if options.orders:
        plan = replace(plan, orders=options.orders)
    if options.system:
        plan = replace(plan, systems=(options.system,))
    if options.chats:
        plan = replace(plan, levels=tuple(options.chats), streams=options.chats[0])
    if options.rounds:
        plan = replace(plan, rounds=options.rounds)
    if options.window:
        plan = replace(plan, window=options.window)
    return plan


def about_this_run() -> str:
    if not SERVER_CORES:
        where = "nothing is pinned, so model and client share the server's cores"
    else:
        where = f"servers on core {min(SERVER_CORES)}, model and client on core {min(OTHER_CORES)}"
    load = f"load before {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    return f"Python {sys.version.split()[0]}, {where}; {load}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped; all servers have ended.")
