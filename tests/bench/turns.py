"""What a turn costs without its words, and what each word adds: answers of three lengths, and the line through them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from .plan import BOTH, Plan
from .report import Table
from .result import Result, medians
from .systems import SYSTEMS, Server, scripted_model, serving

CHATS = 10  # so few that neither system is busy, and no turn waits for another
# The tokens of an answer, and how many turns of each chat are measured.
TURNS = {20: 12, 200: 3, 800: 1}

Costs = dict[int, Result]


def turns(plan: Plan) -> Iterator[Table]:
    """The CPU of a turn apart from that of its tokens, by answers of 20, 200 and 800 tokens."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name in plan.systems:
            # A model of its own, whose answers change their length between measurements.
            model = stack.enter_context(scripted_model(plan.data, plan.script))
            servers[name] = stack.enter_context(serving(name, model, plan.data))
            servers[name].warm_up()
        found = {name: dict(_measure(plan, name, server)) for name, server in servers.items()}
    for name, costs in found.items():
        fixed, token = fit({tokens: cost.cpu_ms_per_turn for tokens, cost in costs.items()})
        plan.note_numbers("turns", name, fixed_ms_a_turn=fixed, us_a_token=1000 * token)
    if len(found) == 2:
        yield _compare(*(found[name] for name in SYSTEMS))


def _measure(plan: Plan, name: str, server: Server) -> Iterator[tuple[int, Result]]:
    for tokens, asked in TURNS.items():
        answering = server.answering(tokens)
        spread = min(1.0, answering.model.script.seconds)
        results = [
            plan.note("turns", f"{name}, {tokens} tokens", answering.measure(CHATS, ramp=spread, turns=asked))
            for _ in range(plan.rounds)
        ]
        yield tokens, medians(results)


def _compare(textbook: Costs, ours: Costs) -> Table:
    table = Table(f"A turn, {CHATS} chats", BOTH)
    lines = [
        fit({tokens: cost.cpu_ms_per_turn for tokens, cost in costs.items()}) for costs in (textbook, ours)
    ]
    table.add("fixed CPU of a turn", "ms", *(fixed for fixed, _token in lines))
    table.add("CPU of each token", "us", *(1000 * token for _fixed, token in lines))
    for tokens in TURNS:
        costs = textbook[tokens].cpu_ms_per_turn, ours[tokens].cpu_ms_per_turn
        table.add(f"{tokens} tokens: CPU a turn", "ms", *costs)
        table.add(f"{tokens} tokens: CPU a token", "us", *(1000 * cost / tokens for cost in costs))
    return table


def fit(costs: Mapping[int, float]) -> tuple[float, float]:
    """The line through costs by length: what a turn costs without its tokens, and what each of these adds.

    The long answers cost many times the short ones, so it is the error in percent that is kept small, not that in
    milliseconds: otherwise the first number would be what is left of the noise of the long ones.
    """
    # Least squares of (fixed + token * tokens) / cost - 1.
    rows = [(1 / cost, tokens / cost) for tokens, cost in costs.items()]
    aa, ab, bb = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    a, b = (sum(row[i] for row in rows) for i in (0, 1))
    determinant = aa * bb - ab * ab
    return (a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant
