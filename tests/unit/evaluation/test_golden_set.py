"""The golden set is asked and judged beside the held-out prompts, and both must hold."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import EvaluationFailed
from distillery.core.golden import GoldenSet
from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Alias, Chunk, Endpoint, Outcome, Pause, Run
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.answers import PromptAnswers
from distillery.evaluation.chunks import chunks
from distillery.evaluation.contestants import BASE, STUDENT, TEACHER, Priced
from distillery.evaluation.decision import BarState
from distillery.evaluation.judgement import Judgement, judge, verdict
from distillery.evaluation.report.advice import advice
from distillery.evaluation.report.assemble import assemble
from distillery.evaluation.report.page import render
from lambdas.evaluation.live import LiveModel
from lambdas.evaluation.parts import Parts
from lambdas.evaluation.scores import answered
from tests.fakes.pipeline import dataset, recipe, student
from tests.unit.evaluation.harness import ENDPOINT, WIDE, Harness
from tests.unit.evaluation.test_judgement import PRICE, answer, run

URI = "s3://prompts/golden/support/exam.jsonl"
PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE


def pinned(prompts: int, sha256: str = "c" * 64, families: tuple[int, ...] = ()) -> GoldenSet:
    return GoldenSet(uri=URI, version="v1", sha256=sha256, prompts=prompts, tokens=9 * prompts, families=families)


def prompt(i: int, reference: str | None = "refund") -> Prompt:
    return Prompt(system=None, messages=(("user", f"golden {i}"),), reference=reference)


def examined(
    right: Mapping[str, int], *, of: int = 10, missing: int = 0, student_right: int = 60, **more: Any
) -> Judgement:
    """Judges models that give so many right answers to the golden set. Teacher and student are right on all held-out
    prompts, unless `student_right` says otherwise, and the untrained student on none. missing: of the student's answers
    to the golden set."""
    left_out = more.pop("left_out", ())
    judged = run(golden_set="exam.jsonl", **more)
    judged = replace(judged, dataset=replace(judged.dataset, golden=pinned(of)))
    heldout = judged.dataset.heldout
    prompts = [Prompt(system=None, messages=(("user", f"ticket {i}"),), reference="billing") for i in range(heldout)]
    rows = {}
    for i in range(heldout):
        said = {TEACHER: "billing", BASE: "other", STUDENT: "billing" if i < student_right else "other"}
        rows[i] = PromptAnswers(index=i, answers={role: answer(text) for role, text in said.items()})
    for i in range(of):
        said = {role: "refund" if i < right.get(role, of) else "other" for role in (TEACHER, BASE, STUDENT)}
        absent = {STUDENT: "throttled"} if i >= of - missing else {}
        answers = {role: answer(text) for role, text in said.items() if role not in absent}
        rows[heldout + i] = PromptAnswers(index=heldout + i, answers=answers, missing=absent)
    those = [Priced(role=role, model=role, price=PRICE, left_out=left_out) for role in (TEACHER, BASE, STUDENT)]
    return judge(judged, prompts, rows, those, golden=[prompt(i) for i in range(of)])


@pytest.mark.parametrize(
    ("right", "settings", "outcome"),
    [
        (10, {"golden_min_score": 1.0}, PASSED),
        (9, {"golden_min_score": 0.9}, PASSED),
        (9, {"golden_min_score": 0.91}, FAILED),
        (8, {"golden_min_score": 0.9}, FAILED),
        (5, {}, PASSED),  # min_score is 0.5
        (4, {}, FAILED),
        (0, {"golden_min_score": 0.0}, PASSED),
        (10, {"student_right": 0, "golden_min_score": 0.9}, FAILED),  # fails the held-out prompts
        (3, {"student_right": 0, "golden_min_score": 0.9}, FAILED),
        (10, {"student_right": 30, "golden_min_score": 0.9}, FAILED),
        (10, {"golden_teacher_margin": 0.3}, PASSED),
        (4, {"of": 40, "golden_min_score": 0.1, "golden_teacher_margin": 0.3}, FAILED),
        (8, {"golden_min_score": 0.5, "golden_teacher_margin": 0.2}, INCONCLUSIVE),
    ],
)
def test_passing_needs_both(right: int, settings: dict[str, Any], outcome: VerdictOutcome) -> None:
    judgement = examined({STUDENT: right}, **settings)
    assert judgement.outcome is outcome, judgement.reasons


@pytest.mark.parametrize("of", [1, 2, 5, 19, 50])
def test_a_small_golden_set_decides_by_its_score(of: int) -> None:
    assert examined({}, of=of, golden_min_score=1.0).outcome is PASSED
    judgement = examined({STUDENT: of - 1}, of=of, golden_min_score=1.0)
    assert judgement.outcome is FAILED
    (bar,) = [bar for bar in judgement.decision.bars if bar.name == "golden_min_score"]
    assert (bar.state, bar.golden, bar.asked, bar.more_prompts) == (BarState.REFUTED, True, of, None)
    assert f"on the {of} prompts of the golden set" in bar.reason


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 100))
def test_the_score_is_compared_exactly(of: int, right: int, needed: int) -> None:
    """Floats would miss by a bit what 7 of 10 and 0.7 are."""
    right = min(right, of)
    judgement = examined({STUDENT: right}, of=of, golden_min_score=needed / 100, heldout=60)
    (bar,) = [bar for bar in judgement.decision.bars if bar.golden]
    assert (bar.state is BarState.HOLDS) == (Fraction(right, of) >= Fraction(needed, 100))


def test_a_missing_answer_leaves_a_small_golden_set_undecided() -> None:
    judgement = examined({}, of=20, missing=1, golden_min_score=0.9)
    assert judgement.outcome is INCONCLUSIVE
    assert "The student has 19 of 20 answers on the golden set" in judgement.decision.incomplete
    score = judgement.golden_scores[STUDENT]
    assert (score.scored, score.asked, score.value) == (19, 20, 0.95)
    assert examined({}, of=100, missing=1, golden_min_score=0.9).outcome is PASSED, "1 %"


def test_the_verdict_and_the_report_show_it_without_its_texts() -> None:
    judgement = examined({STUDENT: 8, TEACHER: 9}, golden_min_score=0.9)
    document = assemble(judgement, student(), judged=datetime(2026, 11, 30, tzinfo=UTC), report_uri="s3://d/r.json")
    rows = {one.role: one for one in document.golden}
    assert (rows[STUDENT].value, rows[STUDENT].scored, rows[STUDENT].asked) == (0.8, 10, 10)
    assert (rows[STUDENT].missed, rows[TEACHER].missed) == ((9, 10), (10,))
    (bar,) = [bar for bar in document.bars if bar.golden]
    assert (bar.name, bar.needed, bar.value, bar.interval) == ("golden_min_score", 0.9, 0.8, None)
    assert "golden_min_score does not hold: the student has 80.0% on the golden set" in document.sentence
    assert "golden 3" not in str(to_wire(document)), "who uploads may read reports"
    assert len(document.prompts) == 60
    given = verdict(judgement, sentence=document.sentence, report_uri="s3://d/r.json")
    assert given.golden[STUDENT].value == 0.8
    assert from_wire(type(given), to_wire(given)) == given
    passed = assemble(
        examined({}, golden_min_score=0.9), student(), judged=datetime(2026, 11, 30, tzinfo=UTC), report_uri="s3://d/r"
    )
    assert passed.sentence.startswith("Passed: 100.0% on the golden set; ")


def test_golden_prompts_that_a_model_was_trained_on_are_left_out_of_its_score() -> None:
    judgement = examined({BASE: 5}, left_out=(60, 61))
    assert (judgement.golden_scores[BASE].asked, judgement.contestants[0].left_out) == (8, ())


def test_without_its_answers_no_verdict_is_given() -> None:
    judged = run(golden_set="exam.jsonl")
    judged = replace(judged, dataset=replace(judged.dataset, golden=pinned(3)))
    prompts = [Prompt(system=None, messages=(("user", f"ticket {i}"),), reference="billing") for i in range(60)]
    rows = {i: PromptAnswers(index=i, answers={r: answer("x") for r in (TEACHER, BASE, STUDENT)}) for i in range(60)}
    those = [Priced(role=role, model=role, price=PRICE) for role in (TEACHER, BASE, STUDENT)]
    with pytest.raises(EvaluationFailed, match="0 prompts of the golden set"):
        judge(judged, prompts, rows, those)
    with pytest.raises(EvaluationFailed, match="3 of 3 golden prompts have no answers"):
        judge(judged, prompts, rows, those, golden=[prompt(i) for i in range(3)])


def test_chunks_never_mix_both_and_name_the_golden_set() -> None:
    of = replace(run(heldout=45).dataset, golden=pinned(25))
    every = chunks(of)
    assert [(one.start, one.stop) for one in every if not one.golden] == [
        (one.start, one.stop) for one in chunks(replace(of, golden=None))
    ]
    assert [index for one in every for index in range(one.start, one.stop)] == [*range(70)]
    assert {one.golden for one in every} == {"", "c" * 16}
    assert [one.index for one in every] == [*range(len(every))]


class Exam(Harness):
    """A run with a golden set."""

    def open_with(self, count: int, of: Recipe) -> Run:
        """The right answer to `golden 3` is `label.3`."""
        prompts = [replace(prompt(i), reference=f"label.{i}") for i in range(count)]
        body = "".join(f"{to_line(each)}\n" for each in prompts).encode()
        heldout = "".join(self.line(i, f"label.{i}") for i in range(25)).encode()
        given = replace(dataset(), golden=pinned(count, hashlib.sha256(body).hexdigest()))
        opened = self.ledger.open(of, given, again=False).run
        self.store.objects |= {URI: body, given.heldout_uri: heldout}
        self.state = {"run": to_wire(opened), "student": to_wire(student()), "candidate": ENDPOINT}
        return opened


@pytest.fixture
def exam(monkeypatch: pytest.MonkeyPatch) -> Exam:
    return Exam(monkeypatch)


def test_its_prompts_are_asked_of_every_model_and_decide(exam: Exam) -> None:
    exam.open_with(5, recipe(**WIDE, golden_set="exam.jsonl", golden_min_score=1.0))
    given = exam.judged()
    assert len(exam.runtime.requests) == 3 * (25 + 5)
    assert (given.passed, given.golden[STUDENT].asked, given.golden[STUDENT].value) == (True, 5, 1.0)
    assert any(name.endswith("-0002.jsonl") and "/golden-" in name for name in exam.store.objects)


def test_a_golden_set_that_changed_since_is_not_asked(exam: Exam) -> None:
    exam.open_with(5, recipe(**WIDE, golden_set="exam.jsonl"))
    exam.store.objects[URI] += b"\n"
    with pytest.raises(EvaluationFailed, match="has changed since the run was opened"):
        exam.step("plan")
    assert exam.runtime.requests == []


def test_chunks_of_older_executions_have_no_golden_set() -> None:
    assert from_wire(Chunk, {"index": 0, "start": 0, "stop": 20, "pause": 0}).golden == ""


def test_the_live_model_is_not_compared_on_golden_prompts_that_it_was_trained_on(exam: Exam) -> None:
    trained = replace(dataset(), uri="s3://data/older.jsonl", digest="ee" * 32)
    exam.store.objects[trained.uri] = to_line(replace(prompt(1), reference="label.1")).encode() + b"\n"
    older = exam.ledger.open(recipe(), trained, again=False).run
    exam.ledger.close(older.id, Outcome.PROMOTED, "")
    alias = Alias(
        recipe="support",
        version=1,
        endpoint=from_wire(Endpoint, ENDPOINT | {"arn": f"{ENDPOINT['arn']}-live"}),
        region="us-east-1",
        base="amazon.nova-micro-v1:0",
        current="arn:live",
        previous=None,
        run=older.id,
        changed="2026-11-01T00:00:00Z",
    )
    run = exam.open_with(5, recipe(**WIDE, golden_set="exam.jsonl"))
    families = {"s3://data/f.json": json.dumps([0, *range(24)]).encode()}
    exam.store.objects |= families
    asking = replace(run, dataset=replace(run.dataset, families_uri="s3://data/f.json"))
    prompts = Parts(asking, "data", exam.store).prompts()

    class One:
        def read(self, _parameter: str) -> Alias:
            return alias

    found = LiveModel(One(), exam.ledger, exam.store).find(asking, "p", prompts, student="s")  # type: ignore[arg-type]  # of one alias
    assert found is not None
    assert found.left_out == (26,), "the second golden prompt, after 25 held-out ones"
    alias = replace(alias, paused=Pause(since="2026-11-30T17:00:00+00:00", until="2026-12-01T07:00:00+00:00"))
    assert LiveModel(One(), exam.ledger, exam.store).find(asking, "p", prompts, student="s") is None  # type: ignore[arg-type]


def test_judges_and_functions_score_golden_answers_too(exam: Exam) -> None:
    run = exam.open_with(5, recipe(**WIDE, golden_set="exam.jsonl"))
    for chunk in exam.step("plan"):
        exam.answer(chunk)
    parts = Parts(run, "data", exam.store)
    found = list(answered(parts, parts.prompts()))
    assert len(found) == 3 * (25 + 5)
    assert {one.prompt.messages[0][1] for one in found if one.index >= 25} == {f"golden {i}" for i in range(5)}


def test_the_page_shows_scores_and_numbers_of_the_golden_set() -> None:
    judgement = examined({STUDENT: 8}, golden_min_score=0.9)
    page = render(
        assemble(judgement, student(), judged=datetime(2026, 11, 30, tzinfo=UTC), report_uri="s3://data/r.json")
    )
    assert "Golden set" in page
    assert "9, 10" in page
    assert "An examiner can look up the 2 golden prompts" in page
    assert "golden 8" not in page


def test_a_teacher_that_misses_the_golden_set_is_named() -> None:
    judgement = examined({STUDENT: 4, TEACHER: 4}, golden_min_score=0.9)
    document = assemble(judgement, student(), judged=datetime(2026, 11, 30, tzinfo=UTC), report_uri="s3://d/r.json")
    assert any("The teacher itself has 40.0% on the golden set" in said for said in advice(document))
