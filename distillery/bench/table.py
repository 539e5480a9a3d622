"""The report for a person at a terminal."""

from collections.abc import Iterator, Mapping

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from distillery.bench.report import PACE, PERCENTILES, Report, Summary
from distillery.bench.sample import FEWEST
from distillery.bench.statistics import Figure

SIMULATED = "Simulated: these are the figures that the local Bedrock models. They say nothing about AWS."
FEW = 100
"""Answers below which a 99th percentile is nearly the slowest one."""


def picture(told: Report) -> Group:
    """A table of all arms, how they were served, what changed against the usual one, and what to know of it."""
    table = Table("", "", box=None, pad_edge=False)
    for heading in ("p50", "95 % of it", "p90", "p99"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in told.summaries:
        for row in _rows(one):
            table.add_row(*row)
    facts = [f"[bold]{escape(one.arm.name)}[/bold] {_facts(one)}" for one in told.summaries]
    return Group(table, *(Text.from_markup(line) for line in (*facts, *_changes(told), *_notes(told))))


def _rows(one: Summary) -> Iterator[tuple[str, ...]]:
    for number, (measure, figures) in enumerate(one.figures.items()):
        middle = figures[50]
        # of a pace the low end is the bad one, so that it has no 90th percentile worth a look
        tail = ["" if measure == PACE else _number(figures[which].value) for which in PERCENTILES[1:]]
        name = f"[bold]{escape(one.arm.name)}[/bold]" if number == 0 else ""
        yield name, measure, _number(middle.value), f"{_number(middle.low)} – {_number(middle.high)}", *tail


def _facts(one: Summary) -> str:
    usd = "" if one.usd is None else f", ${one.usd:.3f} for 1,000"
    failed = f"; failed: {_counted(one.failed)}" if one.failed else ""
    return f"served {_counted(one.served)}; {one.tokens:.0f} tokens out{usd}{failed}"


def _counted(what: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in what.items())


def _changes(told: Report) -> Iterator[str]:
    for name, changes in told.changes.items():
        parts = ", ".join(f"{measure.split(',')[0]} {_percent(figure)}" for measure, figure in changes.items())
        yield f"[bold]{escape(name)}[/bold] against {escape(told.against)}: {parts}"


def _percent(figure: Figure) -> str:
    return f"{figure.value:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})".replace("-", "−")


def _notes(told: Report) -> Iterator[str]:
    if short := [one.arm.name for one in told.summaries if PACE not in one.figures]:
        yield f"[dim]No tokens/s of {escape(', '.join(short))}: answers below {FEWEST} tokens do not tell it.[/dim]"
    if any(sum(one.served.values()) < FEW for one in told.summaries):
        yield f"[dim]A p99 of fewer than {FEW} answers is nearly the slowest of them.[/dim]"
    if told.simulated:
        yield f"[yellow]{SIMULATED}[/yellow]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
