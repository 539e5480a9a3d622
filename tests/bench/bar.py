"""A bar: a measurement, its floor, and the limit for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`measured` and `limit` are in `unit`; lower is better."""

    what: str
    measured: float
    limit: float
    floor: str
    unit: str = "×"

    @property
    def met(self) -> bool:
        return self.measured <= self.limit


def summary(console: Console, bars: Iterable[Bar]) -> None:
    """One line for each bar."""
    table = Table("bar", "measured", "allowed", "against", "", title="Bars")
    for bar in bars:
        verdict = "[green]met[/green]" if bar.met else "[red]missed[/red]"
        table.add_row(bar.what, f"{bar.measured:.2f} {bar.unit}", f"{bar.limit:g} {bar.unit}", bar.floor, verdict)
    console.print(table)
