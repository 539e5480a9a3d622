"""The verdict in one sentence."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.contestants import BASE, LIVE, TEACHER
from distillery.evaluation.report.rows import BarRow, Bounds, ComparisonRow, Unit
from distillery.evaluation.report.sentence import compared, in_points, sentence
from tests.fakes.report import HAIKU, document


def against(role: str, low: float, high: float, pairs: int = 100) -> ComparisonRow:
    return ComparisonRow(against=role, difference=(low + high) / 2, pairs=pairs, interval=Bounds(low=low, high=high))


def margin(role: str, low: float, outcome: VerdictOutcome = VerdictOutcome.PASSED, more: int | None = None) -> BarRow:
    one_sided = Bounds(low=low, high=None)
    return BarRow(
        name=f"{role}_margin",
        needed=-0.05,
        value=0.0,
        outcome=outcome,
        unit=Unit.POINTS,
        against=role,
        interval=one_sided,
        more_prompts=more,
    )


def test_the_sentence_says_what_each_interval_says() -> None:
    said = sentence(
        document(
            comparisons=(against(TEACHER, -0.023, 0.05), against(LIVE, -0.034, 0.041), against(BASE, 0.31, 0.44)),
            bars=(margin(TEACHER, -0.02),),
        )
    )
    assert said == (
        "Passed: better than untrained by 31 to 44 points; not worse than the teacher by more than 2 points; "
        "the interval against the live model includes zero (−4 to +5)"
    )


CLAUSES = [
    (against(BASE, 0.31, 0.44), None, "better than untrained by 31 to 44 points"),
    (against(BASE, 0.319, 0.431), None, "better than untrained by 31 to 44 points"),
    (against(BASE, 0.001, 0.0149), None, "better than untrained by 0.1 to 2 points"),
    (against(BASE, 0.0001, 0.0149), None, "better than untrained by 0 to 2 points"),
    (against(BASE, 0.02, 0.02), None, "better than untrained by 2 points"),
    (against(LIVE, -0.19, -0.08), None, "worse than the live model by 8 to 19 points"),
    (against(LIVE, -0.19, -0.08), margin(LIVE, -0.18), "worse than the live model by 8 to 19 points"),
    (against(HAIKU, -0.03, 0.0), None, "the interval against anthropic.claude-haiku-5-5 includes zero (−3 to 0)"),
    (against(TEACHER, -0.0201, 0.01), margin(TEACHER, -0.0101), "not worse than the teacher by more than 2 points"),
    (against(TEACHER, -0.004, 0.01), margin(TEACHER, -0.003), "not worse than the teacher by more than 0.3 points"),
    (against(TEACHER, -0.01, 0.01), margin(TEACHER, -0.01), "not worse than the teacher by more than 1 point"),
    (against(TEACHER, 0.0, 0.02), margin(TEACHER, 0.0), "not worse than the teacher by more than 0 points"),
    (
        against(TEACHER, -0.07, 0.01),
        margin(TEACHER, -0.06, VerdictOutcome.INCONCLUSIVE),
        "the interval against the teacher includes zero (−7 to +1)",
    ),
    (ComparisonRow(against=TEACHER, difference=0.033, pairs=9), None, "3 points above the teacher (no interval)"),
    (ComparisonRow(against=BASE, difference=-0.5, pairs=9), None, "50 points below untrained (no interval)"),
    (ComparisonRow(against=BASE, difference=0.0, pairs=9), None, "the same score as untrained (no interval)"),
]


@pytest.mark.parametrize(("comparison", "bar", "clause"), CLAUSES)
def test_a_clause(comparison: ComparisonRow, bar: BarRow | None, clause: str) -> None:
    assert compared(comparison, bar) == clause


def test_bars_without_another_model_are_mentioned_where_they_do_not_hold() -> None:
    bars = (
        BarRow(name="min_score", needed=0.751, value=0.75, outcome=VerdictOutcome.INCONCLUSIVE, more_prompts=1200),
        BarRow(
            name="max_latency_ms",
            needed=800,
            value=1210,
            outcome=VerdictOutcome.FAILED,
            unit=Unit.MILLISECONDS,
            at_most=True,
        ),
        BarRow(name="min_gain", needed=0.02, value=0.3, outcome=VerdictOutcome.PASSED, unit=Unit.POINTS, against=BASE),
    )
    said = sentence(document(bars=bars, outcome=VerdictOutcome.FAILED))
    assert said == (
        "Failed: max_latency_ms does not hold: the student has 1,210 ms, needed is at most 800 ms; "
        "min_score is undecided: the student has 75.0%, needed is at least 75.1%"
    )


def test_a_failed_verdict_begins_with_what_is_refuted_and_asks_for_no_more_prompts() -> None:
    found = (against(BASE, 0.01, 0.2), against(TEACHER, -0.03, 0.03), against(LIVE, -0.36, -0.17))
    bars = (margin(BASE, 0.01, VerdictOutcome.INCONCLUSIVE, more=19), margin(LIVE, -0.34, VerdictOutcome.FAILED))
    said = sentence(document(comparisons=found, bars=bars, outcome=VerdictOutcome.FAILED))
    assert said.startswith("Failed: worse than the live model by 17 to 36 points; better than untrained by 1 to 20")
    assert "more held-out prompts" not in said


def test_an_inconclusive_verdict_says_how_many_more_prompts_would_decide() -> None:
    bars = (margin(TEACHER, -0.06, VerdictOutcome.INCONCLUSIVE, more=9),)
    found = document(comparisons=(), bars=bars, outcome=VerdictOutcome.INCONCLUSIVE)
    said = sentence(replace(found, more_prompts=1200))
    assert said == "Inconclusive: about 1,200 more held-out prompts would decide"


def test_the_floor_of_the_teacher_is_about_the_teacher() -> None:
    floor = BarRow(name="min_teacher_score", needed=0.5, value=0.03, outcome=VerdictOutcome.FAILED)
    said = sentence(document(comparisons=(), bars=(floor,), outcome=VerdictOutcome.FAILED))
    assert said == "Failed: min_teacher_score does not hold: the teacher has 3.0%, needed is at least 50.0%"


def test_an_exploratory_verdict_says_so() -> None:
    assert sentence(document(exploratory=True)) == "Passed, exploratory"


def test_a_bar_whose_prompts_are_all_left_out_is_mentioned() -> None:
    none = replace(against(LIVE, 0.0, 0.0, pairs=0), interval=None)
    said = sentence(document(comparisons=(none,), bars=(margin(LIVE, 0.0, VerdictOutcome.INCONCLUSIVE),)))
    assert said == "Passed: no prompts are left to compare with the live model"


SHARE = st.floats(-1, 1, allow_nan=False)


@given(SHARE, SHARE, SHARE)
def test_a_clause_never_promises_more_than_its_interval(one: float, two: float, bound: float) -> None:
    low, high = sorted((one, two))
    said = compared(against(TEACHER, low, high), margin(TEACHER, bound))
    if said.startswith("better"):
        assert low > 0
        assert float(said.removeprefix("better than the teacher by ").split()[0]) <= low * 100 + 1e-9
    elif said.startswith("worse"):
        assert high < 0
    elif said.startswith("not worse"):
        assert low <= 0 <= high
        assert float(said.removeprefix("not worse than the teacher by more than ").split()[0]) >= -bound * 100 - 1e-9
    else:
        assert low <= 0 <= high


@pytest.mark.parametrize(("share", "said"), [(0.31, "31 points"), (0.01, "1 point"), (0.004, "0.4 points")])
def test_points(share: float, said: str) -> None:
    assert in_points(share) == said
