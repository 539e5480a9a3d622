"""One proportion, exactly: the binomial test, the bounds of Clopper and Pearson, and McNemar's exact test."""

import math
from fractions import Fraction

import numpy as np

from distillery.evaluation.statistics.interval import ALPHA, Interval

BINOMIAL = "exact binomial"
STEPS = 40
"""Halvings of a bisection, which leave an interval of 1e-12."""


def log_factorials(n: int) -> np.ndarray:
    """The natural logarithms of 0! to n!."""
    return np.array([math.lgamma(k + 1) for k in range(n + 1)])


def at_least(successes: int, n: int, p: Fraction) -> Fraction:
    """The probability of so many successes or more in n trials. It is exact, because it is computed with integers."""
    if not 0 < successes <= n:
        return Fraction(successes <= 0)
    a, d = p.numerator, p.denominator
    few = successes > n - successes  # sum the shorter tail
    ks = range(successes, n + 1) if few else range(successes)
    ways, weight = math.comb(n, ks[0]), 0
    for k in ks:
        weight += ways * a**k * (d - a) ** (n - k)
        ways = ways * (n - k) // (k + 1)
    return Fraction(weight, d**n) if few else 1 - Fraction(weight, d**n)


def lower_bound(successes: int, n: int, alpha: float = ALPHA) -> float:
    """The one-sided lower bound of Clopper and Pearson: the least proportion that `at_least` does not reject."""
    if successes == 0:
        return 0.0
    if successes == n:
        return float(alpha ** (1 / n))
    ks = np.arange(n + 1)
    logs = log_factorials(n)
    ways = logs[n] - logs[ks] - logs[n - ks]
    low, high = 0.0, successes / n
    for _ in range(STEPS):
        p = (low + high) / 2
        chance = np.exp(ways + ks * math.log(p) + (n - ks) * math.log1p(-p))
        tail = float(chance[successes:].sum())
        low, high = (p, high) if tail <= alpha else (low, p)
    return low


def upper_bound(successes: int, n: int, alpha: float = ALPHA) -> float:
    """The one-sided upper bound of Clopper and Pearson."""
    return 1 - lower_bound(n - successes, n, alpha)


def proportion(successes: int, n: int, threshold: Fraction) -> Interval:
    """A share of right answers and its exact tests against a threshold. Bound and test cannot disagree."""
    above = at_least(successes, n, threshold)
    below = at_least(n - successes, n, 1 - threshold)
    lower, upper = lower_bound(successes, n), upper_bound(successes, n)
    edge = float(threshold)
    return Interval(
        estimate=successes / n,
        lower=max(lower, edge) if above <= ALPHA else min(lower, math.nextafter(edge, -1)),
        upper=min(upper, edge) if below <= ALPHA else max(upper, math.nextafter(edge, 2)),
        p_above=float(above),
        p_below=float(below),
        method=BINOMIAL,
    )


def mcnemar(gains: int, losses: int) -> float:
    """McNemar's exact two-sided p-value: are gains and losses equally likely? It is reported and never decides."""
    fewer, n = min(gains, losses), gains + losses
    return min(1.0, float(2 * (1 - at_least(fewer + 1, n, Fraction(1, 2)))))
