"""The report as a picture: every answer as a dot, the median with its interval. matplotlib is imported here alone."""

from pathlib import Path
from typing import Any

from distillery import WHEEL
from distillery.cli.benchmark.report import FIRST, PACE, WHOLE, Report
from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, one_line

KINDS = (".png", ".svg")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's, which colour-blind people tell apart."""
TITLES = {
    FIRST: "Time to first token, ms (less is better)",
    PACE: "Output tokens per second (more is better)",
    WHOLE: "Whole answer, ms (less is better)",
}
_SPREAD = 0.4


def check(file: Path) -> None:
    """Before anything is paid for: raises BadRequest for a file of another kind, or without matplotlib."""
    if file.suffix not in KINDS:
        raise BadRequest(f"--chart {file.name}: a chart is {' or '.join(KINDS)}")
    if not file.parent.is_dir():
        raise BadRequest(f"--chart {file}: there is no folder {file.parent}")
    try:
        import matplotlib  # noqa: F401  # an extra of its own
    except ModuleNotFoundError as error:
        raise BadRequest(f"a chart needs matplotlib: pip install '{WHEEL}[chart]'") from error


def draw(told: Report, file: Path, title: str) -> None:
    """One panel for each measure, one row for each arm, in the same colour throughout."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    measures = [measure for measure in TITLES if any(measure in one.figures for one in told.summaries)]
    rows = len(told.summaries)
    with mpl.rc_context({"svg.hashsalt": "distillery", "font.size": 9}):
        figure = Figure(figsize=(4.2 * len(measures) + 1.2, 1.7 + 0.6 * rows), layout="constrained")
        panels = figure.subplots(1, len(measures), squeeze=False, sharey=True)[0]
        for panel, measure in zip(panels, measures, strict=True):
            _panel(panel, told, measure)
        simulated = " – simulated by the local Bedrock" if told.simulated else ""
        figure.suptitle(one_line(title) + simulated, fontsize=10, parse_math=False)
        figure.supxlabel("A dot is one answer; the mark is the median, the line its 95 % interval", fontsize=8)
        figure.savefig(file, dpi=144, metadata={"Date": None} if file.suffix == ".svg" else None)


def _panel(panel: Any, told: Report, measure: str) -> None:
    for row, one in enumerate(told.summaries):
        colour = COLOURS[row % len(COLOURS)]
        values = one.values(measure)
        if not values:
            panel.text(0.02, row, "answers too short to tell", va="center", transform=panel.get_yaxis_transform())
            continue
        # dots lie apart by their place in the run, so that the picture is the same every time
        heights = [row + _SPREAD * ((number * 0.618) % 1 - 0.5) for number in range(len(values))]
        panel.plot(values, heights, "o", color=colour, alpha=0.3, markersize=3, markeredgewidth=0)
        middle = one.figures[measure][50]
        panel.plot([middle.low, middle.high], [row, row], color="black", linewidth=4, solid_capstyle="butt")
        panel.plot(middle.value, row, "o", color="white", markeredgecolor="black", markersize=5)
        panel.text(middle.value, row - 0.6 * _SPREAD, f"{middle.value:,.0f}", ha="center", va="bottom", weight="bold")
    panel.set_title(TITLES[measure], fontsize=9)
    panel.set_xlim(left=0)
    names = [one_line(one.arm.name, NAME_MAX) for one in told.summaries]
    panel.set_yticks(range(len(names)), names, parse_math=False)
    panel.set_ylim(len(told.summaries) - 0.45, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
