"""Means over families of prompts, by bootstrap-t: families are resampled, never single prompts of one.

Each resample is studentized by its own standard error (Efron and Tibshirani, An Introduction to the Bootstrap, 12.5),
so that few and skewed differences widen the interval; the plain percentile bootstrap, which gives [0, 0] without
discordant pairs, does not. The sums are of integers below 2**53: exact in any order and on every machine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from distillery.evaluation.statistics.interval import ALPHA, Interval

BOOTSTRAP = "bootstrap-t over families"
RESAMPLES, SEED = 10_000, 20_260_101
NUMPY = np.__version__
"""Recorded beside the seed: another version may draw other integers."""
LEVEL = Fraction(1, 25)
"""Where differences are skewed, the error is up to a fifth above the level (measured): 4 % keeps it below 5 %."""
DOMINANCE = 6
"""A family with a fifth of the sum of squared sizes leaves 30 effective families: with more, the error exceeds 5 %."""
CHUNK = 500
EXACT_BITS = 53
DEGENERATE = 1e-9
"""A variance below this share of its terms is zero up to rounding."""


@dataclass(frozen=True, slots=True)
class Families:
    """Sums of values by family, and how many prompts each family has."""

    sums: tuple[Fraction, ...]
    sizes: tuple[int, ...]

    @property
    def mean(self) -> Fraction:
        """The mean over prompts."""
        return sum(self.sums, Fraction(0)) / sum(self.sizes)

    @property
    def effective(self) -> Fraction:
        """How many families of equal size carry the same information (Kish); fewer if one has much of the variance."""
        squares = sum(size * size for size in self.sizes)
        return min(Fraction(sum(self.sizes) ** 2, squares), Fraction(DOMINANCE * squares, max(self.sizes) ** 2))

    def integers(self) -> tuple[np.ndarray, int]:
        """The sums as integers, with their scale: the common denominator, or a power of two where that is too large.

        Rounding to it, by a millionth of the largest sum, touches only the shape of the bootstrap distribution.
        """
        peak = max(abs(each) for each in self.sums) or 1
        limit = max(1, math.floor(math.isqrt(2**EXACT_BITS // len(self.sums)) / peak))
        scale = 1
        for each in self.sums:
            scale = math.lcm(scale, each.denominator)
            if scale > limit:
                scale = 1 << (limit.bit_length() - 1)
                break
        return np.array([round(each * scale) for each in self.sums], float), scale


def studentized(
    groups: Sequence[Families], *, resamples: int = RESAMPLES, seed: int = SEED
) -> list[tuple[np.ndarray, float]]:
    """The sorted studentized means of the resamples, and the standard error, for each group over the same families.

    A resample in which nothing varies has no standard error: it counts as infinitely far from the mean.
    """
    count = len(groups[0].sums)
    sizes = np.array(groups[0].sizes, float)
    scaled = [group.integers() for group in groups]
    columns = [sizes, sizes * sizes]
    for sums, _ in scaled:
        columns += [sums, sums * sums, sums * sizes]
    table = np.stack(columns, axis=1)
    generator = np.random.Generator(np.random.PCG64(seed))
    totals = np.concatenate(
        [_drawn(generator, min(CHUNK, resamples - done), count) @ table for done in range(0, resamples, CHUNK)]
    )
    whole = table.sum(axis=0)[None, :]
    found = []
    for i, (_, scale) in enumerate(scaled):
        centre, error = (float(part[0]) for part in _mean_and_error(whole, i, count, scale))
        means, errors = _mean_and_error(totals, i, count, scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append((np.sort((means - centre) / errors), error))
    return found


def _drawn(generator: np.random.Generator, resamples: int, count: int) -> np.ndarray:
    """How often each family is drawn in each resample."""
    drawn = generator.integers(0, count, size=(resamples, count))
    drawn += np.arange(resamples)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count).astype(float)


def _mean_and_error(totals: np.ndarray, i: int, count: int, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over prompts with their standard errors by linearization of the ratio."""
    size, size2 = totals[:, 0], totals[:, 1]
    total, total2, cross = (totals[:, 2 + 3 * i + k] for k in range(3))
    mean = total / size
    terms = total2 + mean * mean * size2
    squares = terms - 2 * mean * cross
    squares = np.where(squares > DEGENERATE * terms, squares, 0.0)
    return mean / scale, np.sqrt(squares * count / (count - 1)) / (size * scale)


def bootstrap_t(values: Families, threshold: Fraction, *, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The mean over prompts, and its tests against a threshold. Needs two families or more."""
    ((ratios, error),) = studentized([values], resamples=resamples, seed=seed)
    return from_ratios(values, ratios, error, threshold)


def from_ratios(values: Families, ratios: np.ndarray, error: float, threshold: Fraction) -> Interval:
    """The interval that belongs to the sorted studentized means.

    A NaN among them, from 0/0, counts against both bounds.
    """
    estimate, n = float(values.mean), len(ratios)
    known = ratios[~np.isnan(ratios)]
    unknown = n - len(known)
    rank = math.floor(LEVEL * (n + 1))  # so many of n + 1 values, the observed one among them, may be as extreme
    high = np.concatenate([known, np.full(unknown, np.inf)])[n - rank]
    low = np.concatenate([np.full(unknown, -np.inf), known])[rank - 1]
    if error == 0:
        lower, upper, above, below = -math.inf, math.inf, 1.0, 1.0
    else:
        observed = float(values.mean - threshold) / error
        lower, upper = estimate - float(high) * error, estimate - float(low) * error
        above = _p_value(unknown + int((known >= observed).sum()), n)
        below = _p_value(unknown + int((known <= observed).sum()), n)
    return Interval(estimate=estimate, lower=lower, upper=upper, p_above=above, p_below=below, method=BOOTSTRAP)


def _p_value(extreme: int, resamples: int) -> float:
    return min(1.0, float(Fraction(1 + extreme, resamples + 1) * Fraction(ALPHA).limit_denominator() / LEVEL))
