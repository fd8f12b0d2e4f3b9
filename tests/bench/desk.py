"""What staff cost: their lists, and that they watch."""

from collections.abc import Iterator

from .desk_lists import lists
from .plan import Plan
from .report import Table


def desk(plan: Plan) -> Iterator[Table]:
    """Whether staff's lists open as fast with months of conversations behind them."""
    yield from lists(plan)
