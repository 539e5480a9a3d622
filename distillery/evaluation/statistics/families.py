"""Means over families of prompts: which test applies, and where none is calibrated."""

from collections.abc import Sequence
from fractions import Fraction

from distillery.evaluation.statistics.bounded import bounded_mean
from distillery.evaluation.statistics.interval import Interval
from distillery.evaluation.statistics.resampling import SEED, Families, bootstrap_t

MIN_FAMILIES = 30
"""With fewer families of one size nothing passes: the bootstrap's size was simulated from here on."""
MIN_VARYING = 10
"""With fewer families that differ, the bootstrap sees too little: an exact bound takes its place."""


def grouped(values: Sequence[Fraction], families: Sequence[str]) -> Families:
    """The values by family, in the order of first appearance. Without families, each value is one."""
    sums: dict[object, Fraction] = {}
    sizes: dict[object, int] = {}
    for value, family in zip(values, families or range(len(values)), strict=True):
        sums[family] = sums.get(family, Fraction(0)) + value
        sizes[family] = sizes.get(family, 0) + 1
    return Families(tuple(sums.values()), tuple(sizes.values()))


def mean_score(values: Families, threshold: Fraction, *, seed: int = SEED) -> Interval:
    """The mean of scores from 0 to 1."""
    pairs = list(zip(values.sums, values.sizes, strict=True))
    varying = min(sum(total < size for total, size in pairs), sum(total > 0 for total, _ in pairs))
    if varying < MIN_VARYING:
        return bounded_mean(values, threshold, least=0, most=1)
    return _clipped(bootstrap_t(values, threshold, seed=seed), 0, 1)


def mean_difference(values: Families, threshold: Fraction, *, seed: int = SEED) -> Interval:
    """The mean of differences of two scores, from -1 to 1."""
    if discordant(values) < MIN_VARYING:
        return bounded_mean(values, threshold, least=-1, most=0)
    return _clipped(bootstrap_t(values, threshold, seed=seed), -1, 1)


def mean_cost(values: Families, threshold: Fraction, *, seed: int = SEED) -> Interval:
    """The mean of amounts. Where every prompt costs the same, the mean is that amount: nothing is estimated."""
    mean = values.mean
    if any(total != mean * size for total, size in zip(values.sums, values.sizes, strict=True)):
        return bootstrap_t(values, threshold, seed=seed)
    return Interval(
        estimate=float(mean),
        lower=float(mean),
        upper=float(mean),
        p_above=float(mean <= threshold),
        p_below=float(mean > threshold),
        method="every family costs the same",
    )


def discordant(values: Families) -> int:
    """How many families differ at all."""
    return sum(total != 0 for total in values.sums)


def _clipped(interval: Interval, low: float, high: float) -> Interval:
    return Interval(
        estimate=interval.estimate,
        lower=max(interval.lower, low),
        upper=min(interval.upper, high),
        p_above=interval.p_above,
        p_below=interval.p_below,
        method=interval.method,
    )
