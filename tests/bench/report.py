"""The tables at the end of a run."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    what: str
    unit: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else float("nan")


@dataclass
class Table:
    """Two columns to compare, and `after / before` as their ratio."""

    title: str
    columns: tuple[str, str]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, unit: str, before: float, after: float) -> None:
        self.rows.append(Row(what, unit, before, after))

    def text(self) -> str:
        width = max(len(self.title), *(len(row.what) + len(row.unit) + 2 for row in self.rows))
        head = f"{self.title:<{width}}  {self.columns[0]:>14}  {self.columns[1]:>20}  {'ratio':>7}"
        lines = ["", head, "-" * len(head)]
        for row in self.rows:
            label = f"{row.what}, {row.unit}" if row.unit else row.what
            lines.append(
                f"{label:<{width}}  {number(row.before):>14}  {number(row.after):>20}  {row.ratio:>7.2f}"
            )
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def number(value: float) -> str:
    """Three digits that matter, as a person would write them."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
