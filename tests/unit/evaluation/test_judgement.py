"""From answers to a verdict and its report."""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.catalog.types import Price, PriceKind
from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.judging import GraderKind, GraderSpec, VerdictOutcome
from distillery.core.pipeline import Run
from distillery.evaluation.answers import ModelAnswer, PromptAnswers
from distillery.evaluation.contestants import BASE, LIVE, STUDENT, TEACHER, Priced
from distillery.evaluation.judgement import AGREEMENT, Judgement, judge, verdict
from distillery.evaluation.report import wire
from distillery.evaluation.report.advice import advice
from distillery.evaluation.report.assemble import assemble
from distillery.evaluation.report.document import Document
from tests.fakes.pipeline import dataset, recipe, student

PRICE = Price(
    per_million_input=Decimal(1),
    per_million_output=Decimal(4),
    kind=PriceKind.STANDARD,
    through=None,
    as_of=date(2026, 11, 1),
    source="https://x",
)
LABELS = ("billing", "delivery", "returns")
CONTENDER = "contender/anthropic.claude-haiku-5-5"


def run(*, labelled: bool = True, heldout: int = 60, **settings: Any) -> Run:
    """Few prompts with wide margins: exact intervals of 200 pairs take seconds."""
    of = recipe(**{"teacher_margin": 0.2, "live_margin": 0.2, **settings})
    return Run(id="support-a-b-1", recipe=of, dataset=dataset(heldout=heldout, labelled=labelled), attempt=1)


def answer(text: str, latency_ms: int = 300, stop_reason: str = "end_turn") -> ModelAnswer:
    return ModelAnswer(text=text, stop_reason=stop_reason, input_tokens=100, output_tokens=3, latency_ms=latency_ms)


def evaluated(
    accuracy: Mapping[str, float], *, of: Run | None = None, missing: Mapping[str, int] | None = None, **more: Any
) -> Judgement:
    """Judges models of these accuracies. missing: how many of the first prompts a role has no answer to."""
    of, chance = of or run(), random.Random("evaluated")
    count = of.dataset.heldout
    prompts = [
        Prompt(
            system=None, messages=(("user", f"ticket {i}"),), reference=LABELS[i % 3] if of.dataset.labelled else None
        )
        for i in range(count)
    ]
    right = {role: set(chance.sample(range(count), round(share * count))) for role, share in accuracy.items()}
    rows = {}
    for i in range(count):
        absent = {role: "throttled" for role, first in (missing or {}).items() if i < first}
        answers = {
            role: answer(LABELS[i % 3] if i in right[role] else "other") for role in accuracy if role not in absent
        }
        rows[i] = PromptAnswers(index=i, answers=answers, missing=absent)
    left_out = more.pop("left_out", {})
    unpriced = more.pop("unpriced", ())
    those = [
        Priced(role=role, model=role, price=None if role in unpriced else PRICE, left_out=left_out.get(role, ()))
        for role in accuracy
    ]
    return judge(of, prompts, rows, those, **more)


GOOD = {TEACHER: 0.95, BASE: 0.4, STUDENT: 0.95}


def failed_bars(judgement: Judgement) -> list[str]:
    return [bar.name for bar in judgement.decision.bars if bar.state.value != "holds"]


def test_a_good_student_passes_every_bar() -> None:
    judgement = evaluated(GOOD)
    assert judgement.outcome is VerdictOutcome.PASSED, judgement.reasons
    assert [bar.name for bar in judgement.decision.bars] == ["min_score", "teacher_margin", "min_gain"]
    given = verdict(judgement, sentence="Passed.", report_uri="s3://x")
    assert (given.passed, given.reasons, given.measure) == (True, (), "accuracy")
    assert (given.student.value, given.student.scored, given.student.asked) == (57 / 60, 60, 60)


def test_a_student_worse_than_the_live_model_is_refused() -> None:
    """75.8 % once replaced 89.1 % in silence."""
    judgement = evaluated({TEACHER: 0.8, BASE: 0.4, STUDENT: 0.758, LIVE: 0.891}, of=run(live_margin=0.05, heldout=400))
    assert judgement.outcome is VerdictOutcome.FAILED
    assert "live_margin" in failed_bars(judgement)
    assert any(reason.startswith("live_margin: ") for reason in judgement.reasons)


def test_the_reasons_of_a_failed_verdict_begin_with_what_is_refuted() -> None:
    scores = {TEACHER: 0.8, BASE: 0.4, STUDENT: 0.758, LIVE: 0.96}
    judgement = evaluated(scores, of=run(live_margin=0.05, heldout=400, min_score=0.76))
    assert judgement.outcome is VerdictOutcome.FAILED
    assert [reason.partition(":")[0] for reason in judgement.reasons][:2] == ["live_margin", "min_score"]


def test_a_hair_below_a_bar_decides_nothing() -> None:
    """0.750 where 0.751 is needed, on 60 prompts, is no rejection."""
    judgement = evaluated(
        {TEACHER: 0.8, BASE: 0.2, STUDENT: 0.75}, of=run(heldout=60, min_score=0.751, teacher_margin=0.3)
    )
    assert judgement.outcome is VerdictOutcome.INCONCLUSIVE
    assert failed_bars(judgement) == ["min_score"]
    given = verdict(judgement, sentence="", report_uri="s3://x")
    assert not given.passed
    assert given.more_prompts


def test_a_throttled_teacher_promotes_nobody() -> None:
    judgement = evaluated(GOOD, missing={TEACHER: 6})
    assert judgement.outcome is VerdictOutcome.INCONCLUSIVE
    assert "The teacher has 54 of 60 answers" in judgement.reasons[0]
    assert "The teacher has 54 of 60 answers" in document(judgement).bars[1].meaning


def test_a_missing_answer_of_the_student_is_wrong() -> None:
    whole, less = evaluated(GOOD), evaluated(GOOD, missing={STUDENT: 1})
    scores = [verdict(each, sentence="", report_uri="").student for each in (whole, less)]
    assert scores[0].value > scores[1].value
    assert (scores[1].scored, scores[1].asked) == (59, 60)


@pytest.mark.parametrize(("floor", "outcome"), [(0.0, VerdictOutcome.PASSED), (0.5, VerdictOutcome.FAILED)])
def test_a_teacher_below_its_floor_proves_nothing(floor: float, outcome: VerdictOutcome) -> None:
    judgement = evaluated({TEACHER: 0.1, BASE: 0.05, STUDENT: 1.0}, of=run(min_teacher_score=floor))
    assert judgement.outcome is outcome
    names = [bar.name for bar in judgement.decision.bars]
    assert ("min_teacher_score" in names) == (floor > 0), "a bar has the name of its setting"


def test_prompts_that_the_live_model_was_trained_on_are_left_out_of_its_comparison_alone() -> None:
    judgement = evaluated(GOOD | {LIVE: 0.9}, left_out={LIVE: tuple(range(20))})
    bars = {bar.name: bar for bar in judgement.decision.bars}
    assert (bars["live_margin"].asked, bars["live_margin"].excluded) == (40, 20)
    assert bars["teacher_margin"].asked == 60
    few = evaluated(GOOD | {LIVE: 0.5}, left_out={LIVE: tuple(range(40))})
    assert few.outcome is VerdictOutcome.INCONCLUSIVE


def test_without_references_agreement_is_reported_and_decides_nothing() -> None:
    judgement = evaluated(GOOD, of=run(labelled=False))
    assert (judgement.outcome, judgement.measure) == (VerdictOutcome.INCONCLUSIVE, AGREEMENT)
    assert judgement.reasons[0].startswith("The prompts have no reference answers")
    assert verdict(judgement, sentence="", report_uri="").teacher.value == 1


def test_a_grader_that_needs_no_reference_decides_without() -> None:
    spec = GraderSpec(kind=GraderKind.PATTERN, options={"pattern": "billing|delivery|returns"})
    judgement = evaluated(GOOD, of=run(labelled=False, graders=(spec,)))
    assert judgement.outcome is VerdictOutcome.PASSED
    assert judgement.measure == "pattern match rate"


def test_bounds_on_latency_and_cost_are_bars_too() -> None:
    slow = evaluated(GOOD, of=run(max_latency_ms=100, max_usd_per_thousand=Decimal("0.01")))
    assert slow.outcome is VerdictOutcome.FAILED
    assert failed_bars(slow) == ["max_latency_ms", "max_usd_per_thousand"]


def test_families_widen_the_interval() -> None:
    alone, grouped = evaluated(GOOD), evaluated(GOOD, families=[i // 2 for i in range(60)])
    widths = [bar.upper - bar.lower for each in (alone, grouped) if (bar := each.decision.bars[1]).lower and bar.upper]
    assert grouped.outcome is VerdictOutcome.INCONCLUSIVE or widths[0] < widths[1]
    assert grouped.decision.bars[0].families == 30


def test_families_of_other_prompts_are_refused() -> None:
    with pytest.raises(EvaluationFailed, match="families of 3 held-out prompts, and 60 were asked"):
        evaluated(GOOD, families=[0, 1, 2])


def test_a_prompt_without_a_row_is_no_verdict() -> None:
    of, prompts = run(heldout=2), [Prompt(system=None, messages=(("user", "?"),), reference="x")] * 2
    with pytest.raises(EvaluationFailed, match="1 of 2 held-out prompts have no answers, the first is number 1"):
        judge(of, prompts, {0: PromptAnswers(index=0, answers={})}, [])


def test_the_same_answers_give_the_same_verdict() -> None:
    many = {each.decision for each in (evaluated(GOOD, families=[i // 2 for i in range(60)]) for _ in range(2))}
    assert len(many) == 1


def document(judgement: Judgement) -> Document:
    return assemble(judgement, student(), judged=datetime(2026, 11, 29, tzinfo=UTC), report_uri="s3://data/report.json")


def test_the_report_says_what_was_decided_and_is_read_again() -> None:
    judgement = evaluated(GOOD | {LIVE: 0.9, CONTENDER: 0.97}, missing={CONTENDER: 1}, left_out={LIVE: (5,)})
    report = document(judgement)
    assert report.sentence.startswith("Passed: ")
    assert report.ranked[0].role in (TEACHER, CONTENDER)
    rows = {one.role: one for one in report.contestants}
    assert (rows[CONTENDER].missing, rows[LIVE].left_out) == (1, 1)
    interval = rows[STUDENT].interval
    assert interval
    assert (interval.low or 0) < 0.95 < (interval.high or 0)
    assert {one.against for one in report.comparisons} == {TEACHER, BASE, LIVE, CONTENDER}
    assert {one.against for one in report.break_even} == {TEACHER, CONTENDER}
    assert report.confusion[STUDENT][0].answer == "other"
    assert report.breakdowns[0].by == "label"
    assert [bar.meaning for bar in report.bars] == [
        "the student's mean score",
        "the student's score minus that of the teacher",
        "the student's score minus that of the untrained student",
        "the student's score minus that of the live model",
    ]
    assert wire.read(wire.write(report)) == report


def test_the_report_of_fields_breaks_scores_down_by_field() -> None:
    spec = GraderSpec(kind=GraderKind.JSON)
    of = replace(run(heldout=40), recipe=recipe(graders=(spec,)))
    prompts = [Prompt(system=None, messages=(("user", str(i)),), reference='{"a": 1, "b": "x"}') for i in range(40)]
    rows = {i: PromptAnswers(index=i, answers={role: answer('{"a": 1, "b": "y"}') for role in GOOD}) for i in range(40)}
    report = document(judge(of, prompts, rows, [Priced(role=role, model=role, price=PRICE) for role in GOOD]))
    (fields,) = report.breakdowns
    assert {part.name: part.scores[STUDENT] for part in fields.parts} == {"a": 1.0, "b": 0.0}
    assert report.confusion == {}


@pytest.mark.parametrize("role", [TEACHER, BASE, STUDENT, LIVE, CONTENDER])
@pytest.mark.parametrize("limit", [None, Decimal(1)])
def test_a_model_without_a_price_fails_nothing_and_leaves_only_its_own_cost_open(
    role: str, limit: Decimal | None
) -> None:
    judgement = evaluated(
        GOOD | {LIVE: 0.9, CONTENDER: 0.9}, of=run(max_usd_per_thousand=limit), unpriced=frozenset({role})
    )
    is_open = limit is not None and role == STUDENT
    assert failed_bars(judgement) == (["max_usd_per_thousand"] if is_open else [])
    assert judgement.outcome is (VerdictOutcome.INCONCLUSIVE if is_open else VerdictOutcome.PASSED)
    found = {one.role: one for one in document(judgement).contestants}
    assert {name for name, one in found.items() if one.usd is None} == {role}
    assert (found[role].usd_per_thousand, found[role].price) == (None, None)
    assert wire.read(wire.write(document(judgement))) == document(judgement)
    if is_open:
        assert "the catalog has no price" in judgement.reasons[0]


ROLES = [(TEACHER, "the teacher"), (BASE, "the untrained student"), (STUDENT, "the student"), (LIVE, "the live model")]


@pytest.mark.parametrize(("role", "called"), ROLES)
def test_people_read_what_a_role_is_called(role: str, called: str) -> None:
    judgement = evaluated(GOOD | {LIVE: 0.1}, missing={role: 12})
    (incomplete,) = [reason for reason in judgement.reasons if "answers; a verdict" in reason]
    assert incomplete == f"T{called[1:]} has 48 of 60 answers; a verdict needs at least 98 %."
    lost = evaluated({TEACHER: 0.1, BASE: 0.9, STUDENT: 0.1, LIVE: 0.9}, of=run(min_teacher_score=0.9))
    said = " ".join((*lost.reasons, *judgement.reasons))
    assert "the student minus the untrained student" in said
    assert not re.search(r"\b(of|minus) (base|live|teacher|student)\b", said)


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0, 6])
@pytest.mark.parametrize("student", [0.45, 0.6, 0.7, 0.75, 0.8, 0.9])
@pytest.mark.parametrize("base", [0.2, 0.6, 0.75])
def test_every_place_names_the_verdict_s_number_of_more_prompts(student: float, base: float, missing: int) -> None:
    judgement = evaluated(
        {TEACHER: 0.8, BASE: base, STUDENT: student}, of=run(min_score=0.7), missing={TEACHER: missing}
    )
    found, given = document(judgement), verdict(judgement, sentence="", report_uri="s3://x")
    assert found.more_prompts == given.more_prompts
    said = [*re.findall(r"about ([\d,]+) more held-out", found.sentence)]
    said += re.findall(r"Hold out about ([\d,]+) more", " ".join(advice(found)))
    assert said == ([f"{given.more_prompts:,}"] * 2 if given.more_prompts else [])
