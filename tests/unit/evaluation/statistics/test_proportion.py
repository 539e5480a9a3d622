"""One proportion and McNemar's test, against scipy."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.proportion import at_least, lower_bound, mcnemar, proportion, upper_bound

RANDOM = np.random.default_rng(11)
CASES = [
    (int(RANDOM.integers(0, n + 1)), n, int(RANDOM.integers(1, 100)))
    for n in (int(each) for each in RANDOM.integers(1, 1500, 200))
]


@pytest.mark.slow
def test_tests_and_bounds_agree_with_scipy_on_200_random_cases() -> None:
    for successes, n, percent in CASES:
        needed = Fraction(percent, 100)
        found = proportion(successes, n, needed)
        greater = binomtest(successes, n, percent / 100, alternative="greater")
        less = binomtest(successes, n, percent / 100, alternative="less")
        assert found.p_above == pytest.approx(greater.pvalue, rel=1e-9, abs=1e-300)
        assert found.p_below == pytest.approx(less.pvalue, rel=1e-9, abs=1e-300)
        assert lower_bound(successes, n) == pytest.approx(greater.proportion_ci(0.95).low, abs=1e-9)
        assert upper_bound(successes, n) == pytest.approx(less.proportion_ci(0.95).high, abs=1e-9)


def test_mcnemar_agrees_with_scipy_on_200_random_cases() -> None:
    for gains, n, _ in CASES:
        expected = binomtest(gains, n, 0.5).pvalue
        assert mcnemar(gains, n - gains) == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert mcnemar(0, 0) == 1


@given(st.integers(1, 120), st.data(), st.integers(0, 100))
def test_bound_and_test_never_disagree(n: int, data: st.DataObject, percent: int) -> None:
    successes = data.draw(st.integers(0, n))
    found = proportion(successes, n, Fraction(percent, 100))
    assert (found.p_above <= ALPHA) == (found.lower >= percent / 100)
    assert (found.p_below <= ALPHA) == (found.upper <= percent / 100)


@pytest.mark.slow
@pytest.mark.parametrize("needed", [Fraction(1, 2), Fraction(4, 5), Fraction(19, 20), Fraction(99, 100)])
def test_the_size_is_at_most_5_percent_for_every_n_to_200(needed: Fraction) -> None:
    for n in range(1, 201):
        least = next((k for k in range(n + 1) if at_least(k, n, needed) <= ALPHA), None)
        assert least is None or at_least(least, n, needed) <= ALPHA
        if least:
            assert proportion(least - 1, n, needed).p_above > ALPHA
