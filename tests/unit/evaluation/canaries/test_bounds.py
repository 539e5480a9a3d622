"""OneSidedBounds of differences of shares, against the published examples, and of the median of ratios."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.evaluation.canaries.bounds import difference, median_bounds, wilson

PUBLISHED = [
    ((56, 48), (70, 80), 0.0524, 0.3339),
    ((9, 3), (10, 10), 0.1705, 0.8090),
    ((6, 2), (7, 7), 0.0582, 0.8062),
    ((5, 0), (56, 29), -0.0381, 0.1926),
    ((0, 0), (10, 20), -0.1611, 0.2775),
    ((10, 0), (10, 10), 0.6075, 1.0),
]
"""Newcombe, Statistics in Medicine 17, 1998, table II, method 10: two-sided intervals of 95 %."""


@pytest.mark.parametrize(("events", "of", "lower", "upper"), PUBLISHED)
def test_the_interval_is_the_published_one(
    events: tuple[int, int], of: tuple[int, int], lower: float, upper: float
) -> None:
    bounds = difference(events, of, 0.025)
    assert [bounds.lower, bounds.upper] == pytest.approx([lower, upper], abs=6e-5)


@given(of=st.integers(1, 10_000), share=st.floats(0, 1), alpha=st.floats(1e-6, 0.2))
def test_a_share_is_within_its_bounds(of: int, share: float, alpha: float) -> None:
    events = round(of * share)
    lower, upper = wilson(events, of, alpha)
    assert 0 <= lower <= events / of <= upper <= 1


def test_nothing_is_known_without_observations() -> None:
    assert wilson(0, 0, 0.05) == (0.0, 1.0)
    assert median_bounds([], 0.05) is None


@pytest.mark.parametrize(
    ("count", "alpha", "rank"),
    [(4, 0.05, 0), (5, 0.05, 1), (10, 0.05, 2), (20, 0.05, 6), (100, 0.05, 42), (14, 1e-4, 1), (13, 1e-4, 0)],
)
def test_the_bounds_of_the_median_are_order_statistics(count: int, alpha: float, rank: int) -> None:
    """Ranks of the sign test: the largest k with P(fewer than k heads of n coins) of alpha or less."""
    bounds = median_bounds([float(value) for value in range(1, count + 1)], alpha)
    assert bounds is not None
    expected = (float(rank), float(count + 1 - rank)) if rank else (-math.inf, math.inf)
    assert (bounds.lower, bounds.upper) == expected
    below = sum(math.comb(count, heads) for heads in range(rank)) / 2**count
    assert below <= alpha < below + math.comb(count, rank) / 2**count


def test_thousands_of_values_are_no_problem() -> None:
    bounds = median_bounds([1.0] * 10_080, 1e-6)
    assert bounds is not None
    assert (bounds.lower, bounds.upper) == (1.0, 1.0)
