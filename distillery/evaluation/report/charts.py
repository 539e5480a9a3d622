"""Charts as SVG elements for the page: scores with their intervals, and the curve of the loss.

pygal draws them. Its styles, scripts, ids and comments are removed: the page's own style sheet colours the charts, for
light and dark, the page's policy allows nothing else, and the same document gives the same bytes.
"""

import math
import sys
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pygal
from markupsafe import Markup
from pygal.style import Style

from distillery.core.escaping import one_line
from distillery.evaluation.contestants import STUDENT
from distillery.evaluation.report.lineage import LossPoint
from distillery.evaluation.report.rows import ContestantRow, name, short_name

# pygal adds a finder of a kind that Python 3.12 no longer has: every later import would warn. Only its maps need it.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDTH = 520
ROW = 38
NAME_MAX = 22
_PLAIN = Style(label_font_size=13, major_label_font_size=13, font_family="sans-serif")
_GIVEN_UP = {"style", "script", "desc"}


def interval_plot(ranked: Sequence[ContestantRow]) -> Markup:
    """A dot for each score and a line for its interval, the best at the top; empty if there is no score."""
    shown = [one for one in ranked if one.value is not None]
    if not shown:
        return Markup()
    chart = _chart(height=56 + ROW * len(shown), range=(0.4, len(shown) + 0.6), xrange=(0, 1))
    chart.x_labels = [0, 0.25, 0.5, 0.75, 1]
    chart.x_value_formatter = lambda value: f"{value:.0%}"
    heights = {one.role: len(shown) - place for place, one in enumerate(shown)}
    chart.y_labels = [{"value": heights[one.role], "label": _label(one.role)} for one in shown]
    for one in shown:
        y, interval = heights[one.role], one.interval
        low = one.value if interval is None or interval.low is None else interval.low
        high = one.value if interval is None or interval.high is None else interval.high
        chart.add("", [(low, y), (high, y)], dots_size=3)
        chart.add("", [(one.value, y)], stroke=False, dots_size=7)
    said = "; ".join(f"{name(one.role)} {one.value:.1%}" for one in shown)
    return _svg(chart, f"Scores with their intervals: {said}", "intervals", _own(shown))


def loss_curve(loss: Sequence[LossPoint]) -> Markup:
    """The loss of training and, dashed, of validation; empty below two points."""
    if len(loss) < 2:
        return Markup()
    chart = _chart(height=240, x_title="step", y_title="loss")
    losses = [value for one in loss for value in (one.training, one.validation) if value is not None]
    chart.x_labels = ticks(loss[0].step, loss[-1].step)
    chart.y_labels = ticks(0, max(losses, default=1))
    for values in ("training", "validation"):
        known = [(one.step, value) for one in loss if (value := getattr(one, values)) is not None]
        chart.add(values, known, show_dots=len(known) < 30, dots_size=3)
    return _svg(chart, f"Loss of training from {loss[0].training} to {loss[-1].training}", "loss")


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most `most` of them, in steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not 0 < span < math.inf:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= most - 1)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _own(shown: Sequence[ContestantRow]) -> frozenset[str]:
    """pygal's classes of the student's two series."""
    place = next((place for place, one in enumerate(shown) if one.role == STUDENT), None)
    return frozenset() if place is None else frozenset((f"serie-{2 * place}", f"serie-{2 * place + 1}"))


def _label(role: str) -> str:
    text = one_line(short_name(role))
    return text if len(text) <= NAME_MAX else f"{text[: NAME_MAX - 1]}…"


def _chart(**options: Any) -> Any:
    return pygal.XY(
        style=_PLAIN,
        js=(),
        css=(),
        show_legend=False,
        width=WIDTH,
        margin=12,
        truncate_label=-1,
        disable_xml_declaration=True,
        **options,
    )


def _svg(chart: Any, said: str, kind: str, own: frozenset[str] = frozenset()) -> Markup:
    root = ElementTree.fromstring(chart.render())  # noqa: S314  # pygal's own output
    _strip(root)
    for node in root.iter():
        if own & set(node.get("class", "").split()):
            node.set("class", f"{node.get('class')} own")
    root.attrib.pop("id", None)
    root.attrib |= {"class": f"chart {kind}", "role": "img", "aria-label": said}
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  # serialized, so texts are escaped


def _strip(node: ElementTree.Element) -> None:
    """Removes what the page's policy would block, and what only a script of pygal uses."""
    node.attrib.pop("style", None)
    for child in list(node):
        tag = child.tag.rpartition("}")[2]
        if tag in _GIVEN_UP or tag == "title" or "tooltip-overlay" in child.get("class", ""):
            node.remove(child)
        else:
            _strip(child)
