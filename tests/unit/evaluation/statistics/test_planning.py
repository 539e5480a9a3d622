"""What a held-out set can detect, against the power that the tests really have."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.paired import p_value, paired_difference
from distillery.evaluation.statistics.planning import detectable_difference, more_prompts, prompts_for


def power(n: int, margin: float, share: float) -> float:
    """How often a candidate as good as the baseline passes, simulated."""
    rng = np.random.default_rng(2)
    drawn = rng.multinomial(n, [share / 2, share / 2, 1 - share], 400)
    passes = {}
    for gains, losses, _ in drawn.tolist():
        if (gains, losses) not in passes:
            passes[gains, losses] = p_value(gains, losses, n, -margin) <= ALPHA
    return sum(passes[gains, losses] for gains, losses, _ in drawn.tolist()) / len(drawn)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "share"), [(60, 0.1), (200, 0.05), (400, 0.1)])
def test_a_detectable_difference_is_detected_in_about_90_percent(n: int, share: float) -> None:
    margin = detectable_difference(n, discordant=share)
    assert power(n, margin, share) >= 0.86
    assert power(n, margin / 2, share) < 0.75


def test_400_prompts_detect_5_points_where_a_tenth_differs() -> None:
    assert 0.04 < detectable_difference(400) <= 0.05
    assert detectable_difference(40) > 0.1
    assert detectable_difference(0) == 1


@given(st.floats(0.005, 0.9), st.floats(0, 0.5))
def test_the_prompts_for_a_difference_are_the_fewest_that_detect_it(difference: float, discordant: float) -> None:
    n = prompts_for(difference, discordant=discordant)
    assert n is not None
    assert detectable_difference(n, discordant=discordant) <= difference
    assert n == 1 or detectable_difference(n - 1, discordant=discordant) > difference


def test_no_number_of_prompts_detects_nothing() -> None:
    assert prompts_for(0) is None
    assert more_prompts(paired_difference(3, 3, 50, Fraction(0)), 0.0, 50) is None
