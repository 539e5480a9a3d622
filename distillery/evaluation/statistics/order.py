"""The median, without a distribution: the sign test and its bounds by order statistics."""

import bisect
import statistics
from collections.abc import Sequence
from fractions import Fraction

from distillery.evaluation.statistics.interval import ALPHA, Interval
from distillery.evaluation.statistics.proportion import at_least

SIGN = "sign test of the median"
HALF = Fraction(1, 2)


def median(values: Sequence[Fraction], threshold: Fraction) -> Interval:
    """The median and its tests against a threshold, which a value equal to it keeps. Needs one value or more."""
    ordered, n = sorted(values), len(values)
    below = sum(value <= threshold for value in ordered)
    rank = bisect.bisect_left(range(n), True, key=lambda k: at_least(n - k, n, HALF) > ALPHA)
    return Interval(
        estimate=float(statistics.median(ordered)),
        lower=float(ordered[rank - 1]) if rank else float("-inf"),
        upper=float(ordered[n - rank]) if rank else float("inf"),
        p_above=float(at_least(n - below, n, HALF)),
        p_below=float(at_least(below, n, HALF)),
        method=SIGN,
    )
