"""The decision as tables: what counts, what is missing, what is left out, and what follows."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest, EvaluationFailed
from distillery.core.judging import VerdictOutcome as Outcome
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation import bars
from distillery.evaluation.bars import Bar
from distillery.evaluation.decision import BarsDecision, BarState, decide, holm
from distillery.evaluation.sample import HeldOutSample, exact, joined

RIGHT, WRONG = Fraction(1), Fraction(0)
Scores = list[Fraction | None]


def scores(right: int, n: int, *, missing: int = 0) -> Scores:
    """The first ones are right, the last ones missing."""
    return [RIGHT if i < right else WRONG for i in range(n - missing)] + [None] * missing


def sample(
    student: Scores,
    *,
    families: Sequence[str] = (),
    binary: bool = True,
    others: Mapping[str, Scores] | None = None,
    **named: Scores,
) -> HeldOutSample:
    return HeldOutSample(scores={"student": student, **(others or {}), **named}, binary=binary, families=families)


MIN_SCORE = bars.min_score(Decimal("0.8"))
TEACHER = bars.teacher_margin(Decimal("0.05"))
GAIN = bars.min_gain(Decimal("0.05"))
LIVE = bars.live_margin(Decimal("0.05"))

OUTCOMES = [
    # bar, student's right answers of 400, the other's, outcome
    (MIN_SCORE, 350, 0, Outcome.PASSED),
    (MIN_SCORE, 325, 0, Outcome.INCONCLUSIVE),
    (MIN_SCORE, 320, 0, Outcome.INCONCLUSIVE),
    (MIN_SCORE, 280, 0, Outcome.FAILED),
    (TEACHER, 380, 380, Outcome.PASSED),
    (TEACHER, 360, 380, Outcome.INCONCLUSIVE),
    (TEACHER, 330, 380, Outcome.FAILED),
    (GAIN, 380, 300, Outcome.PASSED),
    (GAIN, 320, 300, Outcome.INCONCLUSIVE),
    (GAIN, 300, 300, Outcome.FAILED),
    (LIVE, 303, 356, Outcome.FAILED),  # 75.8 % must not replace 89.1 %
]


@pytest.mark.parametrize("families", [False, True])
@pytest.mark.parametrize(("bar", "right", "other", "outcome"), OUTCOMES)
def test_a_bar_passes_fails_or_stays_open(bar: Bar, right: int, other: int, outcome: Outcome, families: bool) -> None:
    names = [str(i // 2) for i in range(400)] if families else ()
    measured = sample(
        scores(right, 400), families=names, others={bar.against: scores(other, 400)} if bar.against else {}
    )
    found = decide([bar], measured)
    assert found.outcome is outcome
    (result,) = found.bars
    assert (result.mcnemar is None) == (families or not bar.against)
    assert result.families == (200 if families else 400)
    assert ("families" in result.method) == families
    assert (found.reasons == ()) == (outcome is Outcome.PASSED)
    if result.state is BarState.HOLDS:
        assert result.lower is not None
        assert result.lower >= float(bar.needed)


def test_all_bars_must_hold_and_one_refuted_fails() -> None:
    measured = sample(scores(380, 400), teacher=scores(380, 400), base=scores(378, 400))
    assert decide([MIN_SCORE, TEACHER], measured).outcome is Outcome.PASSED
    assert decide([MIN_SCORE, TEACHER, GAIN], measured).outcome is Outcome.FAILED
    open_one = sample(scores(380, 400), teacher=scores(380, 400), base=scores(360, 400))
    assert decide([MIN_SCORE, TEACHER, GAIN], open_one).outcome is Outcome.INCONCLUSIVE


def test_refutations_are_corrected_by_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]  # Holm 1979 steps down: 0.0125, 0.0167, 0.025
    assert holm([0.05]) == [True]
    assert holm([0.026, 0.5]) == [False, False]
    assert holm([]) == []
    lone = decide([MIN_SCORE], sample(scores(305, 400), teacher=scores(305, 400)))
    assert lone.outcome is Outcome.FAILED
    among = decide(
        [MIN_SCORE, TEACHER, LIVE], sample(scores(305, 400), teacher=scores(305, 400), live=scores(305, 400))
    )
    assert among.outcome is Outcome.INCONCLUSIVE
    assert among.bars[0].p_refuted == lone.bars[0].p_refuted < 0.05


@pytest.mark.parametrize(
    ("bar", "student", "other", "value"),
    [
        (MIN_SCORE, scores(392, 400, missing=8), None, 0.98),
        (TEACHER, scores(392, 400, missing=8), scores(400, 400), -0.02),
        (TEACHER, scores(400, 400), scores(0, 400, missing=8), 0.98),
        (LIVE, scores(392, 400, missing=8), scores(392, 400, missing=8), -0.02),
        (bars.floor("teacher", Decimal("0.5")), scores(400, 400), scores(392, 400, missing=8), 0.98),
    ],
)
def test_a_missing_answer_counts_against_the_candidate(
    bar: Bar, student: Scores, other: Scores | None, value: float
) -> None:
    role = bar.against or "teacher"
    result = decide([bar], sample(student, others={role: other} if other else {})).bars[0]
    assert result.value == pytest.approx(value)
    assert (result.scored, result.asked) == (400 - 8, 400) or bar is TEACHER


@pytest.mark.parametrize(("missing", "complete"), [(8, True), (9, False), (400, False)])
@pytest.mark.parametrize(("side", "called"), [("student", "student"), ("live", "live model")])
def test_above_2_percent_missing_on_any_side_nothing_is_decided(
    missing: int, complete: bool, side: str, called: str
) -> None:
    sides = {"student": scores(400, 400), "live": scores(100, 400)}
    sides[side] = scores(100 if side == "live" else 391, 400, missing=missing)[:400]
    found = decide([LIVE], HeldOutSample(scores=sides, binary=True))
    assert (found.incomplete == "") == complete
    if not complete:
        assert found.outcome is Outcome.INCONCLUSIVE
        assert f"The {called} has {400 - missing} of 400 answers" in found.reasons[0]
        assert found.bars[0].state is BarState.OPEN


def test_prompts_that_the_live_model_learned_are_left_out_of_its_bar_alone() -> None:
    measured = HeldOutSample(
        scores={"student": scores(400, 400), "live": scores(100, 400), "teacher": scores(400, 400)},
        binary=True,
        excluded={"live": frozenset(range(100, 400)), "teacher": frozenset()},
    )
    live, teacher = decide([LIVE, TEACHER], measured).bars
    assert (live.asked, live.excluded, live.value) == (100, 300, 0)
    assert (teacher.asked, teacher.excluded) == (400, 0)


def test_the_families_of_prompts_that_are_left_out_go_too() -> None:
    measured = HeldOutSample(
        scores={"student": scores(400, 400), "live": scores(0, 400)},
        binary=True,
        families=[str(i // 4) for i in range(400)],
        excluded={"live": frozenset({0, 1, 9})},
    )
    (bar,) = decide([LIVE], measured).bars
    assert (bar.asked, bar.excluded, bar.families) == (392, 8, 98)


@pytest.mark.parametrize(("left", "state"), [(0, BarState.OPEN), (29, BarState.OPEN), (30, BarState.HOLDS)])
def test_fewer_than_30_prompts_left_decide_nothing(left: int, state: BarState) -> None:
    measured = HeldOutSample(
        scores={"student": scores(400, 400), "live": scores(0, 400)},
        binary=True,
        excluded={"live": frozenset(range(left, 400))},
    )
    result = decide([LIVE], measured).bars[0]
    assert result.state is state
    assert result.more_prompts == (None if state is BarState.HOLDS else 30 - left)


@pytest.mark.parametrize(("families", "state"), [(29, BarState.OPEN), (40, BarState.HOLDS)])
def test_few_families_never_pass(families: int, state: BarState) -> None:
    names = [str(i % families) for i in range(800)]
    measured = sample(scores(800, 800), base=[Fraction(i % 7 == 0) for i in range(800)], families=names)
    result = decide([GAIN], measured).bars[0]
    assert result.state is state
    assert result.families == families


def test_an_open_bar_says_how_many_more_prompts_would_decide_and_they_do() -> None:
    for bar, right, other in (
        (MIN_SCORE, 82, 0),
        (MIN_SCORE, 77, 0),
        (TEACHER, 96, 98),
        (GAIN, 58, 50),
        (TEACHER, 82, 90),
    ):
        roles = {bar.against: scores(other, 100)} if bar.against else {}
        found = decide([bar], sample(scores(right, 100), others=roles))
        assert found.outcome is Outcome.INCONCLUSIVE, bar
        assert found.more_prompts, bar
        n = math.ceil((100 + found.more_prompts) * 1.1 / 100) * 100  # in whole hundreds, to keep the rates
        many = {bar.against: scores(other * n // 100, n)} if bar.against else {}
        again = decide([bar], sample(scores(right * n // 100, n), others=many))
        assert again.outcome is not Outcome.INCONCLUSIVE, (bar, found.more_prompts)


def test_latency_and_cost_have_bars() -> None:
    quick = [Fraction(90 + i % 21) for i in range(100)]
    cost = [Fraction(100 + i % 21, 1_000_000) for i in range(100)]
    measured = HeldOutSample(
        scores={"student": scores(100, 100)}, binary=True, latency_ms={"student": quick}, usd={"student": cost}
    )
    for limit, outcome in (
        (120, Outcome.PASSED),
        (100, Outcome.INCONCLUSIVE),
        (80, Outcome.FAILED),
    ):
        assert decide([bars.max_latency_ms(Decimal(limit))], measured).outcome is outcome
    for price, outcome in (
        ("0.12", Outcome.PASSED),
        ("0.11", Outcome.INCONCLUSIVE),
        ("0.10", Outcome.FAILED),
    ):
        found = decide([bars.max_usd_per_thousand(Decimal(price))], measured)
        assert found.outcome is outcome
        assert found.bars[0].value == pytest.approx(0.1095, abs=1e-3)


def test_other_measures_are_resampled() -> None:
    words: Scores = [Fraction(i % 11, 10) for i in range(300)]
    better: Scores = [min(Fraction(1), (each or WRONG) + Fraction(1, 5)) for each in words]
    assert decide([GAIN], sample(better, base=words, binary=False)).outcome is Outcome.PASSED
    assert decide([LIVE], sample(words, live=better, binary=False)).outcome is Outcome.FAILED


BAD = [
    {"scores": {"student": [math.nan]}},
    {"scores": {"student": [0.5]}},
    {"scores": {"student": [Fraction(3, 2)]}, "binary": False},
    {"scores": {"student": [Fraction(1, 2)]}},
    {"scores": {"student": []}},
    {"scores": {"student": [RIGHT], "live": [RIGHT, RIGHT]}},
    {"scores": {"student": [RIGHT]}, "families": ["a", "b"]},
    {"scores": {"student": [RIGHT]}, "usd": {"student": [Fraction(-1)]}},
    {"scores": {"student": [RIGHT]}, "excluded": {"live": frozenset({1})}},
]


@pytest.mark.parametrize("fields", BAD)
def test_numbers_that_are_none_are_refused_where_they_arise(fields: dict[str, object]) -> None:
    with pytest.raises(EvaluationFailed):
        HeldOutSample(**({"binary": True} | fields))  # type: ignore[arg-type]  # what is wrong is the point


@pytest.mark.parametrize("value", [math.nan, math.inf, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")])
def test_nan_never_becomes_a_fraction(value: float | Decimal) -> None:
    with pytest.raises(EvaluationFailed):
        exact(value)


def test_scores_are_joined_by_id_and_duplicates_refused() -> None:
    assert joined(["a", "b", "c"], [("c", WRONG), ("a", RIGHT)]) == (RIGHT, None, WRONG)
    for ids, scored in ((["a", "a"], []), (["a"], [("a", RIGHT), ("a", RIGHT)]), (["a"], [("b", RIGHT)])):
        with pytest.raises(EvaluationFailed):
            joined(ids, scored)


@pytest.mark.parametrize("needed", ["NaN", "sNaN", "Infinity", "1.1", "-0.1"])
def test_bars_are_numbers_in_range(needed: str) -> None:
    with pytest.raises(BadRequest):
        bars.min_score(Decimal(needed))


def test_bars_need_roles_that_were_measured() -> None:
    for wrong in ([], [LIVE], [bars.max_latency_ms(Decimal(1))]):
        with pytest.raises(BadRequest):
            decide(wrong, sample(scores(1, 1)))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))))
def test_what_decides_is_what_is_stored(counts: tuple[int, int, int]) -> None:
    right, other, n = counts
    found = decide([MIN_SCORE, TEACHER], sample(scores(right, n), teacher=scores(other, n)))
    assert from_wire(BarsDecision, json.loads(json.dumps(to_wire(found), allow_nan=False))) == found
    holding = all(bar.lower is not None and bar.lower >= float(bar.needed) for bar in found.bars)
    assert holding == (found.outcome is Outcome.PASSED)
