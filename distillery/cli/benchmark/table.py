"""The report for a person at a terminal."""

from collections.abc import Iterator, Mapping

from rich.console import Group

from distillery.cli.benchmark.report import PACE, PERCENTILES, Report, Summary
from distillery.cli.benchmark.sample import FEWEST
from distillery.cli.benchmark.statistics import Figure
from distillery.cli.terminal import Table, Text, row, told

SIMULATED = "Simulated: these are the figures that the local Bedrock models. They say nothing about AWS."
FEW = 100
"""Answers below which a 99th percentile is nearly the slowest one."""


def picture(report: Report) -> Group:
    """A table of all arms, how they were served, what changed against the usual one, and what to know of it."""
    table = Table("", "", box=None, pad_edge=False)
    for heading in ("p50", "95 % of it", "p90", "p99"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in report.summaries:
        for cells in _rows(one):
            row(table, *cells)
    facts = [told("[bold]{}[/bold] {}", one.arm.name, _facts(one)) for one in report.summaries]
    return Group(table, *facts, *_changes(report), *_notes(report))


def _rows(one: Summary) -> Iterator[tuple[str | Text, ...]]:
    for number, (measure, figures) in enumerate(one.figures.items()):
        middle = figures[50]
        # of a pace the low end is the bad one, so that it has no 90th percentile worth a look
        tail = ["" if measure == PACE else _number(figures[which].value) for which in PERCENTILES[1:]]
        name = told("[bold]{}[/bold]", one.arm.name) if number == 0 else ""
        yield name, measure, _number(middle.value), f"{_number(middle.low)} – {_number(middle.high)}", *tail


def _facts(one: Summary) -> str:
    usd = "" if one.usd is None else f", ${one.usd:.3f} for 1,000"
    failed = f"; failed: {_counted(one.failed)}" if one.failed else ""
    return f"served {_counted(one.served)}; {one.tokens:.0f} tokens out{usd}{failed}"


def _counted(what: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in what.items())


def _changes(report: Report) -> Iterator[Text]:
    for name, changes in report.changes.items():
        parts = ", ".join(f"{measure.split(',')[0]} {_percent(figure)}" for measure, figure in changes.items())
        yield told("[bold]{}[/bold] against {}: {}", name, report.against, parts)


def _percent(figure: Figure) -> str:
    return f"{figure.value:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})".replace("-", "−")


def _notes(report: Report) -> Iterator[Text]:
    if short := [one.arm.name for one in report.summaries if PACE not in one.figures]:
        yield told("[dim]No tokens/s of {}: answers below {} tokens do not tell it.[/dim]", ", ".join(short), FEWEST)
    if any(sum(one.served.values()) < FEW for one in report.summaries):
        yield told("[dim]A p99 of fewer than {} answers is nearly the slowest of them.[/dim]", FEW)
    if report.simulated:
        yield told("[yellow]{}[/yellow]", SIMULATED)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
