"""The evaluation stage, through its handler: plan, answer in resumable chunks, and a verdict."""

import html
import json
from decimal import Decimal

import pytest

from distillery.core.errors import BadRequest, EvaluationFailed, Unfinished
from distillery.core.pipeline import Stage, Verdict
from distillery.core.serialization import from_wire, to_wire
from lambdas.evaluation import handler
from tests.fakes.errors import service_error
from tests.fakes.pipeline import provisioned, recipe
from tests.unit.evaluation.harness import BASE, STUDENT, TEACHER, WIDE, Harness, Time


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_the_plan_covers_every_prompt_once_in_chunks_of_twenty(harness: Harness) -> None:
    harness.open(heldout=45)
    chunks = harness.step("plan")
    assert [(c["index"], c["start"], c["stop"]) for c in chunks] == [(0, 0, 20), (1, 20, 40), (2, 40, 45)]


def test_three_models_answer_under_the_same_settings_and_never_see_the_reference(harness: Harness) -> None:
    run = harness.open(heldout=1)
    (chunk,) = harness.step("plan")
    answer = harness.step("answer", chunk=chunk)
    part = f"s3://data/evaluations/{run.id}/part-0000.jsonl"
    assert answer == {"uri": part, "left": 0, "pause": 0, "rounds": 0}
    assert {request.pop("modelId") for request in harness.runtime.requests} == {TEACHER, BASE, STUDENT}
    expected = {
        "system": [{"text": "label it"}],
        "messages": [{"role": "user", "content": [{"text": "message 0"}]}],
        "inferenceConfig": {"maxTokens": 64, "temperature": 0.0},
        "requestMetadata": {
            "distillery:environment": "dev",
            "distillery:recipe": "support",
            "distillery:run": run.id,
        },
    }
    assert harness.runtime.requests == [expected] * 3


def test_a_student_that_learned_passes_and_the_report_shows_why(harness: Harness) -> None:
    run = harness.open()
    verdict = harness.judged()
    assert (verdict.passed, verdict.measure, verdict.reasons) == (True, "accuracy", ())
    assert [score.value for score in (verdict.teacher, verdict.base, verdict.student)] == [1.0, 0.04, 1.0]
    assert verdict.student.usd == verdict.base.usd == Decimal("0.0009100")  # 25 × (1000 × $0.035 + 10 × $0.14) / 10⁶
    assert verdict.teacher.usd == Decimal("0.0208")
    assert harness.ledger.run(run.id).stages[Stage.EVALUATION].product == to_wire(verdict)
    report = json.loads(harness.store.objects[verdict.report_uri])
    assert [bar["passed"] for bar in report["bars"]] == [True, True, True]
    assert "reported, not documented" in report["prices"]["student"]["note"]
    assert len(report["prompts"]) == 25
    assert report["prompts"][7]["reference"] == "label.7"
    assert report["prompts"][7]["answers"]["base"]["text"] == "label.3"
    assert report["prompts"][7]["grades"] == {"teacher": 1.0, "base": 0.0, "student": 1.0}


def test_a_student_below_the_bar_is_refused_with_both_numbers(harness: Harness) -> None:
    harness.open()
    harness.runtime.answers[STUDENT] = "label.3"
    verdict = harness.judged()
    assert not verdict.passed
    assert [reason.partition(":")[0] for reason in verdict.reasons] == ["min_score", "teacher_margin", "min_gain"]
    assert "the student minus the teacher is -0.96" in verdict.reasons[1]
    assert "at least -0.3 is needed" in verdict.reasons[1]


def test_without_references_the_measure_is_agreement_with_the_teacher(harness: Harness) -> None:
    harness.open(labelled=False)
    harness.runtime.answers[TEACHER] = harness.runtime.answers[STUDENT] = "wrong"
    verdict = harness.judged()
    assert (verdict.measure, verdict.teacher.value, verdict.student.value) == ("agreement with the teacher", 1, 1)


def test_provisioned_throughput_is_said_to_be_billed_by_the_hour(harness: Harness) -> None:
    harness.open(of=provisioned())
    report = json.loads(harness.store.objects[harness.judged().report_uri])
    assert "billed by the hour" in report["prices"]["student"]["note"]


def test_the_median_latency_is_what_the_service_reports(harness: Harness) -> None:
    harness.open(heldout=1)
    harness.runtime.extra = {"metrics": {"latencyMs": 140}}
    assert harness.judged().teacher.latency_ms == 140


def test_time_that_runs_out_keeps_what_was_done_and_the_next_invocation_resumes(harness: Harness) -> None:
    harness.open(heldout=10)
    (chunk,) = harness.step("plan")
    answered = harness.step("answer", Time(12), chunk=chunk, answered={"rounds": 0})
    assert (len(harness.runtime.requests), answered["left"], answered["pause"]) == (12, 18, 0)
    harness.answer(chunk)
    assert len(harness.runtime.requests) == 30
    harness.answer(chunk)
    assert len(harness.runtime.requests) == 30
    assert from_wire(Verdict, harness.step("judge")).passed


def test_the_ledger_shows_how_many_answers_there_are(harness: Harness) -> None:
    run = harness.open(heldout=25)
    first, second = harness.step("plan")
    shown = [harness.ledger.run(run.id)]
    harness.step("answer", Time(12), chunk=first, answered={"rounds": 0})
    shown.append(harness.ledger.run(run.id))
    harness.answer(first)
    harness.answer(second)
    harness.answer(second)
    shown.append(harness.ledger.run(run.id))
    assert [(record.answers, record.answers_planned) for record in shown] == [(0, 75), (12, 75), (75, 75)]


def test_an_execution_of_0_1_0_retries_what_is_left(harness: Harness) -> None:
    harness.open(heldout=10)
    (chunk,) = harness.step("plan")
    with pytest.raises(Unfinished, match="18 answers are left"):
        harness.step("answer", Time(12), chunk=chunk)
    harness.step("answer", chunk=chunk)
    assert len(harness.runtime.requests) == 30


def test_a_throttled_call_is_repeated_after_a_pause(harness: Harness) -> None:
    harness.open(heldout=20)
    (chunk,) = harness.step("plan")
    harness.runtime.errors[8] = service_error("ThrottlingException")
    assert harness.answer(chunk) == [30]
    assert len(harness.runtime.requests) == 61
    assert from_wire(Verdict, harness.step("judge")).passed


def test_missing_answers_make_no_verdict(harness: Harness) -> None:
    harness.open()
    harness.answer(harness.step("plan")[0])
    with pytest.raises(EvaluationFailed, match="5 of 25"):
        harness.step("judge")


def test_a_heldout_file_that_changed_is_refused(harness: Harness) -> None:
    run = harness.open(heldout=3)
    harness.store.objects[run.dataset.heldout_uri] = harness.line(0, "label.0").encode()
    with pytest.raises(EvaluationFailed, match="has 1 prompts"):
        harness.step("plan")


@pytest.mark.parametrize("limit", [None, Decimal(5)])
def test_without_prices_the_verdict_is_given_and_costs_are_unknown(harness: Harness, limit: Decimal | None) -> None:
    harness.open(of=recipe(**WIDE, max_usd_per_thousand=limit))
    harness.monkeypatch.setattr("distillery.core.catalog.price", lambda *a, **k: None)
    harness.monkeypatch.setattr("distillery.core.catalog.custom_model_price", lambda *a, **k: None)
    verdict = harness.judged()
    assert verdict.outcome == ("inconclusive" if limit else "passed")
    assert [score.usd for score in (verdict.teacher, verdict.base, verdict.student)] == [None] * 3
    assert verdict.student.value == 1
    if limit:
        assert "what an answer costs is unknown: the catalog has no price of the model" in verdict.reasons[0]
        assert verdict.more_prompts is None
    report = json.loads(harness.store.objects[verdict.report_uri])
    assert (report["prices"], report["student"]["usd"]) == ({}, None)
    notes = [note for note in report["method"]["notes"] if "no price" in note]
    assert [note.partition(":")[0] for note in notes] == [
        "Of the teacher",
        "Of the untrained student",
        "Of the student",
    ]


@pytest.mark.parametrize(("stop", "outcome"), [("max_tokens", "inconclusive"), ("end_turn", "passed")])
def test_a_teacher_that_reasons_until_it_is_cut_off_promotes_nobody(harness: Harness, stop: str, outcome: str) -> None:
    harness.open()
    harness.runtime.answers[TEACHER] = " "
    harness.runtime.extra = {"stopReason": stop}
    verdict = harness.judged()
    assert (verdict.outcome, verdict.passed) == (outcome, outcome == "passed")
    assert any("cut off before any text" in reason for reason in verdict.reasons) == (stop == "max_tokens")


def test_a_student_that_is_cut_off_is_wrong(harness: Harness) -> None:
    harness.open()
    harness.runtime.answers[STUDENT] = ""
    harness.runtime.extra = {"stopReason": "max_tokens"}
    verdict = harness.judged()
    assert (verdict.outcome, verdict.student.value, verdict.student.scored) == ("failed", 0.0, 25)


def test_an_unknown_step_is_refused(harness: Harness) -> None:
    harness.open()
    with pytest.raises(BadRequest, match="answer, judge, keep_failure, missing, plan"):
        harness.step("dance")


def test_free_text_is_graded_by_overlap(harness: Harness) -> None:
    harness.open(heldout=2, of=recipe(grader="overlap"))
    assert harness.judged().measure == "word F1"


def test_the_page_says_what_the_report_says(harness: Harness) -> None:
    run = harness.open()
    harness.state["verdict"] = to_wire(harness.judged())
    answer = harness.step("report")
    assert answer == {"uri": f"s3://data/evaluations/{run.id}/report.html"}
    page = harness.store.objects[answer["uri"]].decode()
    assert harness.state["verdict"]["sentence"] in html.unescape(page)


def test_an_execution_that_began_before_grading_had_a_function_is_judged(harness: Harness) -> None:
    harness.open()
    for chunk in harness.step("plan"):
        harness.answer(chunk)
    assert handler.step({"step": "judge", "state": harness.state}, Time()) == harness.step("judge")


def test_the_report_has_what_the_job_says_of_its_training(harness: Harness) -> None:
    run = harness.open()
    folder = f"s3://data/jobs/{run.id}/job-1/training_artifacts/"
    harness.store.objects[f"{folder}step_wise_training_metrics.csv"] = b"step_number,training_loss\n0,1.5\n"
    report = json.loads(harness.store.objects[harness.judged().report_uri])
    assert report["training"]["loss"] == [{"step": 0, "training": 1.5, "validation": None}]


def test_why_a_chunk_failed_is_kept_with_its_execution(harness: Harness) -> None:
    run = harness.open()
    cause = json.dumps({"errorMessage": "the file has 3 prompts"})
    harness.step("keep_failure", failure={"Error": "EvaluationFailed", "Cause": cause})
    kept = harness.ledger.run(run.id).chunk_failure
    assert kept == {"execution": run.id, "reason": "EvaluationFailed: the file has 3 prompts"}
