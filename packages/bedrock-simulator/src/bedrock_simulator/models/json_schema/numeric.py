"""Numbers within bounds."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bedrock_simulator.models.json_schema.check import bounds, is_multiple, is_valid

KEYWORDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SPAN = 100  # from the only bound, if there is no other


class NoValue(Exception):
    """A part of a schema has no value; another alternative may have one."""


def number(schema: dict[str, Any], draw: Callable[[int], int], *, whole: bool) -> float:
    """Returns a number that satisfies the schema, an integer if `whole`. Raises NoValue if there is none."""
    low, high, above, below = bounds(schema)
    step = Fraction(str(schema["multipleOf"])) if "multipleOf" in schema else None
    if whole:
        step = Fraction(step.numerator if step else 1)
    if low == -math.inf:
        low = 0 if high > 0 else high - _SPAN
    if step is not None:
        return _stepped(step, (low, high, above, below), draw)
    high = low + _SPAN if high == math.inf else high
    limits = {key: schema[key] for key in KEYWORDS if key in schema}
    for made in (round(low + (high - low) * draw(1000) / 1000, 2), low + (high - low) / 2, low, high):
        if is_valid(made, limits, limits):
            return int(made) if made == int(made) else made
    raise NoValue


def _stepped(step: Fraction, within: tuple[float, float, bool, bool], draw: Callable[[int], int]) -> float:
    low, high, above, below = within
    first = math.ceil(Fraction(low) / step)
    first += above and first * step == Fraction(low)
    last = first + _SPAN - 1 if high == math.inf else math.floor(Fraction(high) / step)
    last -= below and high != math.inf and last * step == Fraction(high)
    if first > last:
        raise NoValue
    made = (first + draw(min(last - first, _SPAN - 1) + 1)) * step
    found = int(made) if made.denominator == 1 else float(made)
    if not is_multiple(found, float(step)):
        raise NoValue
    return found
