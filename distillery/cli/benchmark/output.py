"""A benchmark's report as a table in the terminal, and as a chart. Only this module imports matplotlib."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Group

from distillery import WHEEL, WHEEL_SOURCE
from distillery.cli.benchmark.measurement import MIN_TOKENS
from distillery.cli.benchmark.report import FIRST, PACE, PERCENTILES, WHOLE, Figure, Report, Summary
from distillery.cli.terminal import Text, WordTable, append_row, styled
from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, one_line

SIMULATED = "Simulated: these are the figures that the local Bedrock models. They are not measurements of AWS."
FEW = 100
"""With fewer answers, the 99th percentile is nearly the slowest of them."""
CHART_SUFFIXES = (".png", ".svg")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's palette, which people with colour-vision deficiency can tell apart."""
TITLES = {
    FIRST: "Time to first token, ms (less is better)",
    PACE: "Output tokens per second (more is better)",
    WHOLE: "Whole answer, ms (less is better)",
}
_SPREAD = 0.4


def table(report: Report) -> Group:
    """Returns the figures of all variants, the modes that were served, the changes, and notes on how to read them."""
    figures = WordTable("", "", box=None, pad_edge=False)
    for heading in ("p50", "95 % interval", "p90", "p99"):
        figures.add_column(heading, justify="right", no_wrap=True)
    for one in report.summaries:
        for cells in _rows(one):
            append_row(figures, *cells)
    facts = [styled("[bold]{}[/bold] {}", one.variant.name, _facts(one)) for one in report.summaries]
    return Group(figures, *facts, *_changes(report), *_notes(report))


def _rows(one: Summary) -> Iterator[tuple[str | Text, ...]]:
    for number, (measure, figures) in enumerate(one.figures.items()):
        middle = figures[50]
        # The low end of a rate is the bad one, so that its 90th percentile says nothing of interest.
        tail = ["" if measure == PACE else _number(figures[which].value) for which in PERCENTILES[1:]]
        name = styled("[bold]{}[/bold]", one.variant.name) if number == 0 else ""
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
        yield styled("[bold]{}[/bold] against {}: {}", name, report.against, parts)


def _percent(figure: Figure) -> str:
    return f"{figure.value:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})".replace("-", "−")


def _notes(report: Report) -> Iterator[Text]:
    if short := [one.variant.name for one in report.summaries if PACE not in one.figures]:
        names = ", ".join(short)
        yield styled("[dim]No tokens/s of {}: answers below {} tokens are too short for it.[/dim]", names, MIN_TOKENS)
    if any(sum(one.served.values()) < FEW for one in report.summaries):
        yield styled("[dim]A p99 of fewer than {} answers is nearly the slowest of them.[/dim]", FEW)
    if report.simulated:
        yield styled("[yellow]{}[/yellow]", SIMULATED)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def check_chart(file: Path) -> None:
    """Raises BadRequest for a file of another kind, or without matplotlib, before any request is paid for."""
    if file.suffix not in CHART_SUFFIXES:
        raise BadRequest(f"--chart {file.name}: name a file that ends in {' or '.join(CHART_SUFFIXES)}")
    if not file.parent.is_dir():
        raise BadRequest(f"--chart {file}: there is no folder {file.parent}")
    try:
        import matplotlib  # noqa: F401  # of the extra `chart`
    except ModuleNotFoundError as error:
        raise BadRequest(f"a chart needs matplotlib: pip install '{WHEEL}[chart]'; {WHEEL_SOURCE}") from error


def draw_chart(report: Report, file: Path, title: str) -> None:
    """Writes a chart with a panel for each measure and a row for each variant, in one colour throughout."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    measures = [measure for measure in TITLES if any(measure in one.figures for one in report.summaries)]
    rows = len(report.summaries)
    with mpl.rc_context({"svg.hashsalt": "distillery", "font.size": 9}):
        canvas = Canvas(figsize=(4.2 * len(measures) + 1.2, 1.7 + 0.6 * rows), layout="constrained")
        panels = canvas.subplots(1, len(measures), squeeze=False, sharey=True)[0]
        for panel, measure in zip(panels, measures, strict=True):
            _panel(panel, report, measure)
        simulated = " – simulated by the local Bedrock" if report.simulated else ""
        canvas.suptitle(one_line(title) + simulated, fontsize=10, parse_math=False)
        canvas.supxlabel("A dot is one answer; the mark is the median, the line its 95 % interval", fontsize=8)
        canvas.savefig(file, dpi=144, metadata={"Date": None} if file.suffix == ".svg" else None)


def _panel(panel: Any, report: Report, measure: str) -> None:
    for line, one in enumerate(report.summaries):
        colour = COLOURS[line % len(COLOURS)]
        values = one.values(measure)
        if not values:
            panel.text(0.02, line, "answers too short", va="center", transform=panel.get_yaxis_transform())
            continue
        # The height of a dot follows from its position in the run, so that the chart is the same every time.
        heights = [line + _SPREAD * ((number * 0.618) % 1 - 0.5) for number in range(len(values))]
        panel.plot(values, heights, "o", color=colour, alpha=0.3, markersize=3, markeredgewidth=0)
        middle = one.figures[measure][50]
        panel.plot([middle.low, middle.high], [line, line], color="black", linewidth=4, solid_capstyle="butt")
        panel.plot(middle.value, line, "o", color="white", markeredgecolor="black", markersize=5)
        panel.text(middle.value, line - 0.6 * _SPREAD, f"{middle.value:,.0f}", ha="center", va="bottom", weight="bold")
    panel.set_title(TITLES[measure], fontsize=9)
    panel.set_xlim(left=0)
    names = [one_line(one.variant.name, NAME_MAX) for one in report.summaries]
    panel.set_yticks(range(len(names)), names, parse_math=False)
    panel.set_ylim(len(report.summaries) - 0.45, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
