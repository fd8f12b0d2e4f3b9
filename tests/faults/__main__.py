"""The long form: `python -m tests.faults --kills 200 --messages 1000 --database both`.

Afterwards people take conversations over and reach for one at once: `--takeovers 1000 --grabs 10000`, 0 for none.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import SystemRandom
from time import monotonic

from tests.servers import postgresql
from tests.servers.site import PROJECT, SQLITE

from .checker import check
from .grounds import on_postgresql, on_sqlite
from .nemesis import Nemesis
from .outages import Redis, redis
from .servers import TOLD_TO_END, Server
from .stage import Stage


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=SystemRandom().randrange(10**6), help="play this run again"
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--customers", type=int, default=20)
    parser.add_argument("--takeovers", type=int, default=1000)
    parser.add_argument("--grabs", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="sqlite")
    return parser.parse_args()


@asynccontextmanager
async def new_stage(database: str, folder: Path, seed: int) -> AsyncIterator[Stage]:
    if database == "sqlite":
        empty = folder / "empty.sqlite3"
        _migrate(folder, f"{SQLITE}{empty}")
        async with on_sqlite(empty, folder, seed=seed, **LIMITS) as stage:
            yield stage
        return
    with postgresql() as cluster, redis(Redis) as store:
        address = cluster.create("shop")
        _migrate(folder, address)
        async with on_postgresql(address, store.url, folder, seed=seed, **LIMITS) as stage:
            yield stage


def _migrate(folder: Path, address: str) -> None:
    Server(folder, address).manage("migrate", "--verbosity", "0")


# What the nemesis takes from the provider must not take long.
LIMITS = {
    # A page that is loaded anew shows the newest turns alone; here all of them are compared.
    "PAGE_TURNS": "1000",
    "LLM_STALL_SECONDS": "4",
    "LLM_FIRST_TOKEN_SECONDS": "6",
    "DRAIN_SECONDS": "3",
    # All customers of the run come from one address.
    "ADDRESS_TICKETS_PER_HOUR": "0",
    "ADDRESS_PERSON_REQUESTS_PER_HOUR": "0",
}


async def play(database: str, wanted: argparse.Namespace, folder: Path) -> list[str]:
    """One run; returns what customers would miss."""
    began = monotonic()
    async with new_stage(database, folder, wanted.seed) as stage:
        nemesis = Nemesis(stage, wanted.seed)
        customers = await stage.customers(min(wanted.customers, wanted.messages))
        shares = [
            wanted.messages // len(customers) + (number < wanted.messages % len(customers))
            for number in range(len(customers))
        ]
        killing = asyncio.create_task(nemesis.kill(wanted.kills, wanted.messages))
        await asyncio.gather(
            *(customer.live(share) for customer, share in zip(customers, shares, strict=True))
        )
        await killing
        history = await stage.calm_down()
        complaints = check(history)
        codes = Counter(stage.exit_codes)
    said = sum(len(customer.sent) for customer in history.customers)
    states = dict(Counter(turn.state for turn in history.stored.turns))
    print(
        f"\n{database}: {said} messages, {len(history.stored.tickets)} tickets, turns {states}",
        file=sys.stderr,
    )
    print(f"  exit codes {dict(codes)}, faults {dict(nemesis.done)}", file=sys.stderr)
    print(f"  {sum(each.connects for each in history.customers)} connects, ", end="", file=sys.stderr)
    print(f"{sum(each.came_late for each in history.customers)} fragments came late", file=sys.stderr)
    print(f"  settled {history.settled_after:.0f} s after the last fault", end="", file=sys.stderr)
    print(f", took {monotonic() - began:.0f} s", file=sys.stderr)
    history.write(folder / f"history-{database}.json")
    if any(code not in TOLD_TO_END for code in codes):
        complaints.append(f"P3: processes ended with {dict(codes)}")
    return complaints


def take_over(database: str, wanted: argparse.Namespace) -> list[str]:
    """Takeovers at random moments and contested grabs, which are tests; returns what they would complain of."""
    if not (wanted.takeovers and wanted.grabs):
        return []
    environment = {
        **os.environ,
        "FAULT_SEED": str(wanted.seed),
        "FAULT_TAKEOVERS": str(wanted.takeovers),
        "FAULT_GRABS": str(wanted.grabs),
    }
    environment.pop("DATABASE_URL", None)
    tests = [sys.executable, "-m", "pytest", "-q", "-s", "tests/faults/takeovers/test_takeovers.py"]
    print(f"\n{database}: {wanted.takeovers} takeovers, {wanted.grabs} contested grabs", file=sys.stderr)
    if database == "sqlite":
        ended = subprocess.run(tests, cwd=PROJECT, env=environment, check=False)
    else:
        with postgresql() as cluster:
            environment["DATABASE_URL"] = cluster.create("shop")
            ended = subprocess.run(tests, cwd=PROJECT, env=environment, check=False)
    return ["a takeover went wrong, see above"] if ended.returncode else []


def main() -> None:
    wanted = arguments()
    print(f"seed {wanted.seed}", file=sys.stderr)
    complaints = []
    for database in ("sqlite", "postgres") if wanted.database == "both" else (wanted.database,):
        folder = Path(tempfile.mkdtemp(prefix=f"faults-{wanted.seed}-{database}-"))
        found = asyncio.run(play(database, wanted, folder)) if wanted.messages else []
        found += take_over(database, wanted)
        complaints += [f"{database}: {complaint}" for complaint in found]
        if found:
            print(f"  the logs and the history are in {folder}", file=sys.stderr)
    if complaints:
        sys.exit("\n".join([*complaints, f"Replay: python -m tests.faults --seed {wanted.seed} …"]))
    print("Nothing lost, nothing doubled, nothing stuck.", file=sys.stderr)


if __name__ == "__main__":
    main()
