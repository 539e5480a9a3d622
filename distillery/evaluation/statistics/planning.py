"""How many held-out prompts a decision needs, before and after they are paid for."""

import math
from statistics import NormalDist

from distillery.evaluation.statistics.interval import ALPHA, Interval

POWER = 0.9
DISCORDANT = 0.1
"""The share of prompts that two good models answer differently, where nothing is known yet."""
_ALPHA = NormalDist().inv_cdf(1 - ALPHA)


def detectable_difference(n: int, *, discordant: float = DISCORDANT, power: float = POWER) -> float:
    """The smallest margin that n held-out prompts (or families) can decide on.

    With it, a candidate as good as the baseline passes with probability `power`. Without a single discordant pair no
    smaller margin can pass. At most 1.
    """
    if n < 1:
        return 1.0
    certain = 1 - math.pow(ALPHA, 1 / n)
    deviation = math.sqrt(discordant / n)
    margin = (_ALPHA + NormalDist().inv_cdf(power)) * deviation
    for _ in range(20):  # under the margin itself the deviation is larger, and half a pair is lost to discreteness
        wider = math.sqrt(max(discordant, margin) / n)
        margin = _ALPHA * wider + NormalDist().inv_cdf(power) * deviation + 0.5 / n
    return min(1.0, max(certain, margin))


def prompts_for(difference: float, *, discordant: float = DISCORDANT, power: float = POWER) -> int | None:
    """How many held-out prompts detect the difference; None if no number does."""
    if difference <= 0:
        return None
    low, high = 0, 1
    while detectable_difference(high, discordant=discordant, power=power) > difference:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        fits = detectable_difference(middle, discordant=discordant, power=power) <= difference
        low, high = (low, middle) if fits else (middle, high)
    return high


def points(share: float) -> str:
    """A difference of scores in points, rounded up to a tenth: `8.4`."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:g}"


def more_prompts(interval: Interval, needed: float, n: int, *, at_most: bool = False, bars: int = 1) -> int | None:
    """How many more prompts would decide, if they turn out like those so far: the interval shrinks with the root of n.

    None where the estimate is so close to what is needed that no number can be named.

    Args:
        at_most: Whether what is needed is an upper limit.
        bars: How many bars are tested. Holm's correction demands more of the first refutation.
    """
    distance = interval.estimate - needed
    reach = interval.estimate - interval.lower if distance > 0 else interval.upper - interval.estimate
    refuting = (distance < 0) != at_most
    if refuting:
        reach *= NormalDist().inv_cdf(1 - ALPHA / bars) / _ALPHA
    if not math.isfinite(reach) or abs(distance) < 1e-9:
        return None
    return max(1, math.ceil(n * (reach / distance) ** 2) - n)
