"""Percentiles with confidence intervals: wide enough for the number of answers, and reproducible."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.cli.benchmark.report import change, percentile

VALUES = st.lists(st.floats(min_value=0.1, max_value=1e6), min_size=1, max_size=60)


@pytest.mark.slow
@given(VALUES, st.sampled_from([50, 90, 99]))
def test_a_percentile_lies_in_its_interval_and_that_among_the_values(values: list[float], which: float) -> None:
    found = percentile(values, which)
    assert min(values) <= found.low <= found.high <= max(values)
    assert found == percentile(values, which)
    if which == 50:
        assert found.value == pytest.approx(statistics.median(values))
        assert found.low <= found.value <= found.high


@given(VALUES)
def test_nothing_changes_against_itself(values: list[float]) -> None:
    found = change(values, values)
    assert found.value == 0
    assert found.low <= 0 <= found.high


def test_a_change_is_of_the_medians() -> None:
    assert change([58.0] * 9, [100.0] * 9).value == pytest.approx(-0.42)


@pytest.mark.slow
def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = random.Random(7)
    runs = [percentile([rng.lognormvariate(0, 0.7) for _ in range(60)], 50) for _ in range(300)]
    held = sum(run.low <= 1.0 <= run.high for run in runs) / len(runs)
    assert 0.91 <= held <= 0.98


def test_more_answers_tell_more() -> None:
    rng = random.Random(7)
    values = [rng.lognormvariate(0, 0.7) for _ in range(1600)]
    few, many = percentile(values[:100], 50), percentile(values, 50)
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4, rel=0.35)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
