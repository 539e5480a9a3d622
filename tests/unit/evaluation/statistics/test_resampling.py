"""Means over families: against scipy, by a golden value, and where a percentile bootstrap would mislead."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, t

from distillery.evaluation.statistics.bounded import BOUNDED
from distillery.evaluation.statistics.families import (
    MIN_VARYING,
    grouped,
    mean_cost,
    mean_difference,
    mean_score,
)
from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.order import median
from distillery.evaluation.statistics.resampling import BOOTSTRAP, Families, bootstrap_t, studentized
from simulator_support.thoroughness import cases

MARGIN = Fraction(-1, 20)


def singles(values: list[Fraction]) -> Families:
    return grouped(values, [])


@pytest.mark.slow
def test_bounds_agree_with_students_t_on_200_random_normal_samples() -> None:
    """For normal values, bootstrap-t and Student's t agree. Other than normal ones have no such oracle."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        n = int(rng.integers(60, 300))
        values = [Fraction(int(each), 1000) for each in rng.normal(0, 100, n).round()]
        floats = np.array([float(each) for each in values])
        error = floats.std(ddof=1) / math.sqrt(n)
        found = bootstrap_t(singles(values), Fraction(0), resamples=2000)
        reach = float(t.ppf(0.96, n - 1)) * error
        assert found.lower == pytest.approx(floats.mean() - reach, abs=0.35 * error)
        assert found.upper == pytest.approx(floats.mean() + reach, abs=0.35 * error)


def test_a_seed_has_one_result_on_every_machine() -> None:
    """Integers are drawn and summed, so that only the last digits may depend on the machine."""
    values = grouped([Fraction(i * 7 % 13 - 6, 12) for i in range(200)], [str(i // 3) for i in range(200)])
    found = bootstrap_t(values, MARGIN, seed=42)
    assert (found.estimate, found.lower, found.upper) == pytest.approx(GOLDEN[:3], rel=1e-12)
    assert (found.p_above, found.p_below) == pytest.approx(GOLDEN[3:], rel=1e-12)


GOLDEN = (-0.005, -0.038656666407524624, 0.02900088155075405, 0.013748625137486252, 1.0)


def percentile(values: list[int], seed: int) -> float:
    """The lower bound of a plain percentile bootstrap."""
    rng = np.random.default_rng(seed)
    data = np.array(values)
    means = data[rng.integers(0, len(data), (2000, len(data)))].mean(axis=1)
    return float(np.quantile(means, 0.05))


def test_the_percentile_bootstrap_passes_bad_candidates_and_ours_does_not() -> None:
    """At n = 40, 12.9 % of the candidates that are 5 points worse lose nothing, and its interval is [0, 0]."""
    nothing = [0] * 40
    assert percentile(nothing, 1) == 0
    assert binom.pmf(0, 40, 0.05) == pytest.approx(0.1285, abs=5e-4)
    assert mean_difference(singles([Fraction(0)] * 40), MARGIN).p_above > ALPHA
    shares = {
        losses: float(binom.pmf(losses, 40, 0.05))
        for losses in range(41)
        if mean_difference(singles([Fraction(-(i < losses)) for i in range(40)]), MARGIN).p_above <= ALPHA
    }
    assert sum(shares.values()) <= 0.05


@pytest.mark.parametrize("losses", range(MIN_VARYING))
def test_few_families_that_differ_have_an_exact_bound(losses: int) -> None:
    found = mean_difference(singles([Fraction(-(i < losses)) for i in range(200)]), MARGIN)
    assert found.method == BOUNDED
    assert (found.p_above <= ALPHA) == (binom.cdf(losses, 200, 0.05) <= 0.05) == (found.lower >= -0.05)


def test_a_large_family_weakens_the_bound() -> None:
    even = mean_difference(Families((Fraction(0),) * 100, (1,) * 100), MARGIN)
    uneven = mean_difference(Families((Fraction(0),) * 100, (1,) * 99 + (50,)), MARGIN)
    assert even.p_above <= ALPHA < uneven.p_above
    assert uneven.lower < even.lower


def test_prompts_of_one_family_are_one_observation() -> None:
    values = [Fraction(i % 40 < 6) * -1 for i in range(400)]
    apart = mean_difference(singles(values), Fraction(0))
    together = mean_difference(grouped(values, [str(i % 40) for i in range(400)]), Fraction(0))
    assert apart.method == BOOTSTRAP
    assert together.upper - together.lower > 2 * (apart.upper - apart.lower)


scores = st.lists(st.fractions(-1, 1, max_denominator=60), min_size=30, max_size=80)


@pytest.mark.slow
@settings(max_examples=cases(30), deadline=None)
@given(scores, st.integers(-20, 20))
def test_interval_and_test_agree(values: list[Fraction], points: int) -> None:
    needed = Fraction(points, 100)
    found = mean_difference(singles(values), needed)
    assert -1 <= found.lower <= found.estimate + 1e-12
    assert found.estimate <= found.upper + 1e-12 <= 1 + 1e-9
    if found.lower > points / 100 + 1e-9:
        assert found.p_above <= ALPHA
    if found.lower < points / 100 - 1e-9:
        assert found.p_above > ALPHA


def test_denominators_that_are_too_large_change_nothing_that_matters() -> None:
    values = [Fraction(i * 7919 % 1009, 1009) for i in range(100)]
    odd = [value + Fraction(1, 10**9 + 2 * i + 1) for i, value in enumerate(values)]
    plain, rounded = bootstrap_t(singles(values), Fraction(1, 2)), bootstrap_t(singles(odd), Fraction(1, 2))
    assert rounded.lower == pytest.approx(plain.lower, abs=1e-5)


def test_several_models_share_the_resamples() -> None:
    one, two = singles([Fraction(i % 3, 2) for i in range(60)]), singles([Fraction(i % 5, 4) for i in range(60)])
    together, alone = studentized([one, two], resamples=400), studentized([two], resamples=400)
    assert np.array_equal(together[1][0], alone[0][0])


def test_scores_that_are_all_perfect_have_the_exact_bound() -> None:
    found = mean_score(singles([Fraction(1)] * 100), Fraction(9, 10))
    assert found.lower == pytest.approx(0.05 ** (1 / 100))
    assert found.upper == 1


def test_amounts_that_never_vary_are_known() -> None:
    cost = mean_cost(singles([Fraction(1, 10)] * 40), Fraction(1, 10))
    assert cost.lower == cost.upper == 0.1
    assert cost.p_below <= ALPHA < cost.p_above


@pytest.mark.parametrize("n", [1, 4, 5, 30, 101])
def test_the_median_has_the_bounds_of_order_statistics(n: int) -> None:
    values = [Fraction(i) for i in range(1, n + 1)]
    found = median(values, Fraction(n // 2))
    rank = int(binom.ppf(0.05, n, 0.5))  # P(X < rank) <= 5 %
    expected = (values[rank - 1], values[n - rank]) if rank else (-math.inf, math.inf)
    assert (found.lower, found.upper) == expected
    for limit in range(n + 2):
        tested = median(values, Fraction(limit))
        assert (tested.p_below <= ALPHA) == (tested.upper <= limit)
        assert (tested.p_above <= ALPHA) == (tested.lower > limit)
