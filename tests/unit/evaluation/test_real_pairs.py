"""The decision on real models' answers to the questions of GSM8K, each marked right or wrong."""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from distillery.core.judging import VerdictOutcome as Outcome
from distillery.evaluation.bars import live_margin, min_gain, min_score
from distillery.evaluation.decision import decide
from distillery.evaluation.sample import HeldOutSample
from tests.data_sets import GSM8K

ANSWERS = GSM8K / "model_solutions.jsonl"
pytestmark = pytest.mark.skipif(
    not ANSWERS.exists(), reason="the answers to GSM8K are not here: name their folder in DISTILLERY_GSM8K"
)


def sample(student: str, live: str) -> HeldOutSample:
    rows = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    roles = {"student": student, "live": live, "base": live}
    marks = {role: [Fraction(row[model]["is_correct"]) for row in rows] for role, model in roles.items()}
    return HeldOutSample(scores=marks, binary=True)


DIRECTIONS = [
    ("6b_verification", "6b_finetuning", Outcome.PASSED),
    ("6b_finetuning", "6b_verification", Outcome.FAILED),
    ("175b_finetuning", "6b_finetuning", Outcome.PASSED),
    ("6b_finetuning", "175b_finetuning", Outcome.FAILED),
    ("175b_verification", "6b_verification", Outcome.PASSED),
    ("6b_verification", "175b_verification", Outcome.FAILED),
    ("6b_finetuning", "6b_finetuning", Outcome.PASSED),
    ("175b_verification", "175b_verification", Outcome.PASSED),
]


@pytest.mark.parametrize(("student", "live", "outcome"), DIRECTIONS)
def test_the_better_model_replaces_the_worse_and_never_the_other_way(student: str, live: str, outcome: Outcome) -> None:
    measured = sample(student, live)
    found = decide([live_margin(Decimal("0.05"))], measured)
    assert found.outcome is outcome
    gained = decide([min_gain(Decimal("0.05"))], measured).outcome
    assert (gained is Outcome.PASSED) == (outcome is Outcome.PASSED and student != live)
    (bar,) = found.bars
    pairs = list(zip(measured.scores["student"], measured.scores["live"], strict=True))
    gains, losses = pairs.count((Fraction(1), Fraction(0))), pairs.count((Fraction(0), Fraction(1)))
    assert bar.value == (gains - losses) / len(pairs)
    assert bar.mcnemar == pytest.approx(binomtest(gains, gains + losses).pvalue if gains + losses else 1)


def test_the_intervals_agree_with_scipy() -> None:
    """scipy's BCa bootstrap of the paired differences, and its exact binomial interval."""
    measured = sample("6b_verification", "6b_finetuning")
    (bar,) = decide([live_margin(Decimal("0.05"))], measured).bars
    mine, theirs = (np.array([float(each or 0) for each in measured.scores[role]]) for role in ("student", "live"))
    oracle = bootstrap((mine - theirs,), np.mean, confidence_level=0.9, rng=1, n_resamples=5000).confidence_interval
    assert (bar.lower, bar.upper) == pytest.approx((oracle.low, oracle.high), abs=0.004)
    (score,) = decide([min_score(Decimal("0.3"))], measured).bars
    exact = binomtest(int(mine.sum()), len(mine)).proportion_ci(0.9)
    assert (score.lower, score.upper) == pytest.approx((exact.low, exact.high), abs=1e-9)
