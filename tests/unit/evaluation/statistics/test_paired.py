"""Paired proportions: published intervals, an independent enumeration, and what must hold for every table."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import multinomial, norm

from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.paired import (
    EXACT,
    RESOLUTION,
    SCORE,
    least_gains,
    p_value,
    paired_difference,
    score_statistic,
)
from simulator_support.thoroughness import cases

PUBLISHED = [
    # gains, losses, n, confidence, interval
    (1, 7, 21, 0.95, (-0.517, -0.026)),  # Fagerland, Lydersen and Laake 2014, airway reactivity: Tango's interval
    (28, 25, 618, 0.90, (-0.0148, 0.0247)),  # PropCIs 0.3 in R: scoreci.mp(25, 28, 618, 0.90)
]


def statistic(gains: int, losses: int, n: int, delta: float) -> float:
    return float(score_statistic(np.array(gains), np.array(losses), n, delta))


@pytest.mark.parametrize(("gains", "losses", "n", "confidence", "interval"), PUBLISHED)
def test_the_statistic_inverts_to_the_published_intervals(
    gains: int, losses: int, n: int, confidence: float, interval: tuple[float, float]
) -> None:
    z = float(norm.ppf((1 + confidence) / 2))
    lower = brentq(lambda delta: statistic(gains, losses, n, delta) - z, -0.999, (gains - losses) / n)
    upper = brentq(lambda delta: statistic(gains, losses, n, delta) + z, (gains - losses) / n, 0.999)
    places = 3 if confidence == 0.95 else 4
    assert (round(lower, places), round(upper, places)) == interval


def brute_force(gains: int, losses: int, n: int, delta: float) -> float:
    """The p-value from scipy's multinomial distribution, over a dense grid of shares of discordant pairs."""
    observed = statistic(gains, losses, n, delta)
    outcomes = np.array([(b, c, n - b - c) for b in range(n + 1) for c in range(n + 1 - b)])
    extreme = outcomes[score_statistic(outcomes[:, 0], outcomes[:, 1], n, delta) >= observed - 1e-9]
    shares = np.linspace(abs(delta), 1, 400)
    models = np.stack([(shares + delta) / 2, (shares - delta) / 2, np.maximum(0, 1 - shares)], axis=-1)
    return float(multinomial.pmf(extreme[:, None], n, models).sum(axis=0).max())


@pytest.mark.slow
def test_p_values_agree_with_an_independent_enumeration_on_200_random_tables() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        n = int(rng.integers(5, 31))
        gains = int(rng.integers(0, n + 1))
        losses = int(rng.integers(0, n - gains + 1))
        delta = float(rng.choice([-0.3, -0.1, -0.05, 0.0, 0.05, 0.2]))
        expected, found = brute_force(gains, losses, n, delta), p_value(gains, losses, n, delta)
        if expected > 0.051:
            assert found > ALPHA
        else:  # certified: never below the maximum, and little above it
            assert expected * (1 - 1e-6) <= found <= expected * 1.03 + 1e-9, (gains, losses, n, delta)


@pytest.mark.parametrize("n", [1, 5, 12, 20])
@pytest.mark.parametrize("delta", [-0.1, -0.05, 0.0, 0.1])
def test_no_bad_candidate_passes_more_often_than_5_percent(n: int, delta: float) -> None:
    passing = np.array(
        [
            [b, c, n - b - c]
            for b, c in itertools.product(range(n + 1), repeat=2)
            if b + c <= n and p_value(b, c, n, delta) <= ALPHA
        ]
    )
    if len(passing):
        for share in np.linspace(abs(delta), 1, 200):
            at = [(share + delta) / 2, (share - delta) / 2, max(0.0, 1 - share)]
            assert multinomial.pmf(passing, n, at).sum() <= 0.05


@pytest.mark.parametrize("n", [10, 60, 200])
@pytest.mark.parametrize("delta", [-0.2, -0.05, -0.02, 0.0, 0.1])
def test_the_statistic_is_already_monotone(n: int, delta: float) -> None:
    """So making the regions monotone adds nothing, and beyond n = 200 bisection finds them."""
    values = score_statistic(np.arange(n + 1)[:, None], np.arange(n + 1), n, delta)
    possible = np.add.outer(np.arange(n + 1), np.arange(n + 1)) <= n
    both = possible[1:] & possible[:-1]
    assert (np.diff(values, axis=0)[both] >= -1e-9).all()
    across = possible[:, 1:] & possible[:, :-1]
    assert (np.diff(values, axis=1)[across] <= 1e-9).all()


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 320))
    gains = draw(st.integers(0, n))
    return gains, draw(st.integers(0, n - gains)), n


@pytest.mark.slow
@settings(max_examples=cases(25), deadline=None)
@given(tables(), st.integers(-50, 50))
def test_interval_and_test_agree_and_mirror(table: tuple[int, int, int], points: int) -> None:
    gains, losses, n = table
    needed = Fraction(points, 100)
    found = paired_difference(gains, losses, n, needed)
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert (found.p_above <= ALPHA) == (found.lower >= float(needed))
    assert (found.p_below <= ALPHA) == (found.upper <= float(needed))
    mirrored = paired_difference(losses, gains, n, -needed).mirrored()
    assert math.isclose(found.lower, mirrored.lower)
    assert math.isclose(found.upper, mirrored.upper)
    assert found.method == (EXACT if n <= 200 else SCORE)


@pytest.mark.parametrize(("gains", "losses", "n"), [(5, 5, 100), (3, 9, 150), (20, 20, 200), (30, 20, 300)])
def test_bounds_are_the_inversion_of_the_test(gains: int, losses: int, n: int) -> None:
    lower = paired_difference(gains, losses, n, Fraction(0)).lower
    assert p_value(gains, losses, n, lower) <= ALPHA < p_value(gains, losses, n, lower + RESOLUTION)


def test_pairs_without_discordance_keep_an_honest_bound() -> None:
    """A percentile bootstrap would give [0, 0]; the exact bound is that of no loss in n."""
    for n in (10, 40, 58, 59, 200):
        found = paired_difference(0, 0, n, Fraction(-1, 20))
        unobserved = -(1 - 0.05 ** (1 / n))
        assert unobserved - 0.002 <= found.lower <= unobserved
        assert (found.p_above <= ALPHA) == (n >= 59)


def test_regions_of_large_samples_are_those_of_the_statistic() -> None:
    n, delta = 230, -0.05
    least = least_gains(12, 20, n, delta)
    observed = statistic(12, 20, n, delta) - 1e-9
    for losses in range(0, n, 7):
        inside = [b for b in range(n - losses + 1) if statistic(b, losses, n, delta) >= observed]
        assert least[losses] == (inside[0] if inside else n + 1)
