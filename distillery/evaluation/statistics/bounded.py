"""Bounds of a mean of scores where nearly all families agree: too few vary for a bootstrap.

A family in which the candidate loses anything loses at most 1 a prompt. The number of such families is a sum of
independent events; the binomial distribution bounds its lower tail whatever their probabilities are (Hoeffding, Annals
of Mathematical Statistics 27, 1956). So the mean loss is at most the upper bound of the share of families that lose.
"""

from fractions import Fraction

from distillery.evaluation.statistics.interval import ALPHA, Interval
from distillery.evaluation.statistics.proportion import at_least, upper_bound
from distillery.evaluation.statistics.resampling import Families

BOUNDED = "exact bound by the families that differ"


def bounded_mean(values: Families, threshold: Fraction, *, least: int, most: int) -> Interval:
    """The mean over prompts and its tests against a threshold, for values that are nearly all the same.

    Args:
        least: The least value of a prompt: 0 of a score, -1 of a difference.
        most: The value that a prompt without a loss has: 1 of a score, 0 of a difference. The upper bound is that of
            the families with a gain over `least` of a score, over 0 of a difference.
    """
    pairs = list(zip(values.sums, values.sizes, strict=True))
    best, worst = (most, least) if least == 0 else (0, 0)
    losing = sum(total < best * size for total, size in pairs)
    gaining = sum(total > worst * size for total, size in pairs)
    lower, above = _side(losing, values, best - threshold)
    upper, below = _side(gaining, values, threshold - worst)
    return Interval(
        estimate=float(values.mean),
        lower=best - lower,
        upper=worst + upper,
        p_above=above,
        p_below=below,
        method=BOUNDED,
    )


def _side(events: int, values: Families, allowed: Fraction) -> tuple[float, float]:
    """The largest mean loss that so many losing families allow, and the p-value of a loss of `allowed` or more."""
    count = len(values.sums)
    weight = Fraction(count * max(values.sizes), sum(values.sizes))
    share = min(Fraction(1), allowed / weight)
    applies = share * count >= events + 1  # the theorem needs an expectation above the observed number
    p = float(1 - at_least(events + 1, count, share)) if applies else 1.0
    bound = min(1.0, float(weight) * upper_bound(events, count))
    return (bound if p > ALPHA else min(bound, float(allowed))), p
