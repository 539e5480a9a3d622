"""The difference of two paired proportions, by an exact unconditional test and its inversion.

Of n pairs, `gains` are right only for the candidate and `losses` only for the baseline. Outcomes are ordered by Tango's
score statistic (Statistics in Medicine 17, 1998); the p-value is the largest probability, over the unknown share of
discordant pairs, of an outcome as extreme as the observed one. To n = 200 that maximum is certified: between two points
of the grid, the probability is at most that of a more favourable model than any in between. Beyond, the points are
taken with an allowance for what lies between, and the size is measured.
"""

import functools
import math
from fractions import Fraction
from statistics import NormalDist

import numpy as np

from distillery.evaluation.statistics.interval import ALPHA, Interval
from distillery.evaluation.statistics.regions import LargeRegion, Region, SmallRegion

EXACT, SCORE = "exact unconditional, paired proportions", "score interval, paired proportions"
MAX_EXACT = 200
RESOLUTION = 1e-4
"""Bounds are found to a hundredth of a point, and rounded outwards."""
TIES = 1e-9
"""Statistics that differ by less are ties, which count as equally extreme: this makes the test more conservative."""
POINTS = 33
TOLERANCE = 0.02
"""A certified p-value exceeds the true one by at most this share."""
DEPTH = 14
QUICK_STEPS = 8
"""Steps towards a bound as if it were normal, before bisection takes over."""
_Z = NormalDist().inv_cdf(1 - ALPHA)


def score_statistic(gains: np.ndarray, losses: np.ndarray, n: int, delta: float) -> np.ndarray:
    """Tango's score statistic of "the difference is delta". It is large where the difference is larger."""
    b, c = np.asarray(gains, float), np.asarray(losses, float)
    half = (b + c - (2 * n - b + c) * delta) / 2
    root = np.sqrt(np.maximum(half * half + 2 * n * c * delta * (1 - delta), 0))
    share = np.clip((half + root) / (2 * n), max(0.0, -delta), (1 - delta) / 2)
    variance = n * (2 * share + delta * (1 - delta))
    distance = b - c - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        value = distance / np.sqrt(np.maximum(variance, 0))
    return np.where(np.abs(distance) < TIES, 0.0, value)


def least_gains(gains: int, losses: int, n: int, delta: float) -> np.ndarray:
    """The outcomes at least as extreme as the observed one: for each number of losses, the least number of gains.

    The region is made monotone: adding gains or removing losses never leaves it. So its probability grows with that of
    a gain and falls with that of a loss, and the least favourable model has exactly the difference that is tested.
    """
    observed = float(score_statistic(np.array(gains), np.array(losses), n, delta)) - TIES
    c = np.arange(n + 1)
    if n <= MAX_EXACT:
        b = c[:, None]
        inside = (score_statistic(b, c, n, delta) >= observed) & (b + c <= n)
        least = np.where(inside.any(axis=0), inside.argmax(axis=0), n + 1)
    else:
        low, high = np.zeros(n + 1, int), n - c + 1
        while (low < high).any():
            middle = (low + high) // 2
            reached = (score_statistic(middle, c, n, delta) >= observed) | (low >= high)
            low, high = np.where(reached, low, middle + 1), np.where(reached, np.minimum(middle, high), high)
        least = np.where(low > n - c, n + 1, low)
    return np.minimum.accumulate(least[::-1])[::-1]


def p_value(gains: int, losses: int, n: int, delta: float) -> float:
    """The p-value of "the difference is delta or less". Above 5 % it is a lower bound, which is all that is needed."""
    least = least_gains(gains, losses, n, delta)
    region = SmallRegion(n, least) if n <= MAX_EXACT else LargeRegion(n, least)
    shares = _grid(delta)
    best = float(region.probability(*_model(shares, shares, delta)).max())
    if best > ALPHA:
        return min(1.0, best)
    return _certified(region, shares, delta, best) if n <= MAX_EXACT else best * (1 + TOLERANCE)


def _grid(delta: float) -> np.ndarray:
    """Shares of discordant pairs from the least possible one to 1, denser where they are few."""
    least = abs(delta)
    return least + (1 - least) * (np.arange(POINTS) / (POINTS - 1)) ** 2


def _model(low: np.ndarray, high: np.ndarray, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of a gain and of a loss: at least as favourable as any share from `low` to `high`."""
    gain, loss = np.maximum(0, (high + delta) / 2), np.maximum(0, (low - delta) / 2)
    return np.minimum(gain, 1 - loss), loss


def _certified(region: Region, shares: np.ndarray, delta: float, best: float) -> float:
    """An upper bound of the probability over all shares, little above its maximum. Branch and bound."""
    low, high = shares[:-1], shares[1:]
    settled = best
    for _ in range(DEPTH):
        bounds = region.probability(*_model(low, high, delta))
        open_ = bounds > best * (1 + TOLERANCE)
        settled = max(settled, float(bounds[~open_].max(initial=0)))
        if not open_.any():
            return settled
        low, high, bounds = low[open_], high[open_], bounds[open_]
        middle = (low + high) / 2
        best = max(best, float(region.probability(*_model(middle, middle, delta)).max()))
        if best > ALPHA:
            return best
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return max(settled, float(bounds.max()))


@functools.lru_cache
def paired_difference(gains: int, losses: int, n: int, threshold: Fraction) -> Interval:
    """The difference of two paired proportions, and its tests against a threshold.

    Bisection starts at the threshold, so that bound and test cannot disagree. A verdict needs it twice: to decide, and
    for each contestant that its report shows.
    """
    edge = float(threshold)
    above, lower = _side(gains, losses, n, edge)
    below, upper = _side(losses, gains, n, -edge)
    return Interval(
        estimate=(gains - losses) / n,
        lower=lower,
        upper=-upper,
        p_above=above,
        p_below=below,
        method=EXACT if n <= MAX_EXACT else SCORE,
    )


def _side(gains: int, losses: int, n: int, edge: float) -> tuple[float, float]:
    """The p-value at the edge, and the lower bound of the difference."""
    p, estimate = p_value(gains, losses, n, edge), (gains - losses) / n
    rejected, kept = (edge, max(estimate, edge)) if p <= ALPHA else (-1.0, min(estimate, edge))
    deviation = math.sqrt(max(gains + losses, 3)) / n
    trial, steps = estimate - _Z * deviation, 0
    while kept - rejected > RESOLUTION:
        steps += 1
        if steps > QUICK_STEPS or not rejected < trial < kept:
            trial = (rejected + kept) / 2
        tail = p_value(gains, losses, n, trial)
        missed = _Z + NormalDist().inv_cdf(min(max(tail, 1e-12), 0.999))
        if tail <= ALPHA:
            rejected, beyond = trial, RESOLUTION
        else:
            kept, beyond = trial, -RESOLUTION
        trial += beyond * 0.4 - missed * deviation
    return p, rejected
