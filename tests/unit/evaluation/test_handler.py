"""The evaluation stage, through its handler: plan, answer in resumable chunks, and a verdict."""

import json
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.aws import ClientError
from distillery.core.conversation import Prompt, to_line
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, EvaluationFailed, Unfinished
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Run, Stage, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from lambdas.evaluation.handler import step
from tests.fakes.errors import service_error
from tests.fakes.pipeline import open_run, provisioned, recipe, student
from tests.fakes.services import FakeRuntime, MemoryStore
from tests.fakes.table import MemoryTable

ENDPOINT = {"arn": "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/a", "name": "c", "mode": "on-demand"}
TEACHER, BASE, STUDENT = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", ENDPOINT["arn"]


class Time:
    """A Lambda context with time for `calls` prompts."""

    def __init__(self, prompts: int = 10**6) -> None:
        self.prompts = prompts

    def get_remaining_time_in_millis(self) -> int:
        self.prompts -= 1
        return 900_000 if self.prompts >= 0 else 59_999


class Harness:
    """A run whose candidate is ready. The correct answer to `message 7` is `label.7`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.store, self.table = MemoryStore(), MemoryTable()
        self.ledger = Ledger(self.table)
        right = lambda text: f"label.{text.split()[-1]}"  # noqa: E731 a stand-in model in one line
        self.runtime = FakeRuntime({TEACHER: right, BASE: "label.3", STUDENT: right})
        monkeypatch.setattr(aws, "_client", lambda service, region: self.runtime)
        monkeypatch.setattr("lambdas.evaluation.handler.ObjectStore", lambda: self.store)
        monkeypatch.setattr("lambdas.evaluation.handler.Table", lambda name: self.table)
        for variable, value in {"ENVIRONMENT": "dev", "LEDGER": "ledger", "DATA_BUCKET": "data"}.items():
            monkeypatch.setenv(Variable[variable], value)

    def open(self, heldout: int = 25, labelled: bool = True, of: Recipe | None = None) -> Run:
        run = open_run(self.ledger, of, heldout=heldout, labelled=labelled)
        lines = [self.line(i, f"label.{i}" if labelled else None) for i in range(heldout)]
        self.store.objects[run.dataset.heldout_uri] = "".join(lines).encode()
        self.state = {"run": to_wire(run), "student": to_wire(student()), "candidate": ENDPOINT}
        return run

    def line(self, i: int, reference: str | None) -> str:
        return to_line(Prompt(system="label it", messages=(("user", f"message {i}"),), reference=reference)) + "\n"

    def step(self, name: str, time: Time | None = None, **more: Any) -> Any:
        return step({"step": name, "state": self.state, **more}, time or Time())

    def judged(self) -> Verdict:
        for chunk in self.step("plan"):
            self.step("answer", chunk=chunk)
        return from_wire(Verdict, self.step("judge"))


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
    assert answer == {"uri": f"s3://data/evaluations/{run.id}/part-0000.jsonl"}
    assert [request.pop("modelId") for request in harness.runtime.requests] == [TEACHER, BASE, STUDENT]
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
    assert "has 0.040, needed is 0.950" in verdict.reasons[1]


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
    harness.open(heldout=3)
    assert harness.judged().teacher.latency_ms == 140  # of 110, 140 and 170


def test_time_that_runs_out_keeps_what_was_done_and_the_next_invocation_resumes(harness: Harness) -> None:
    harness.open(heldout=10)
    (chunk,) = harness.step("plan")
    with pytest.raises(Unfinished):
        harness.step("answer", Time(4), chunk=chunk)
    assert len(harness.runtime.requests) == 12
    harness.step("answer", chunk=chunk)
    assert len(harness.runtime.requests) == 30
    harness.step("answer", chunk=chunk)
    assert len(harness.runtime.requests) == 30
    assert from_wire(Verdict, harness.step("judge")).passed


def test_a_throttled_call_keeps_what_was_done(harness: Harness) -> None:
    harness.open(heldout=5)
    (chunk,) = harness.step("plan")
    harness.runtime.errors[8] = service_error("ThrottlingException")
    with pytest.raises(ClientError):
        harness.step("answer", chunk=chunk)
    harness.step("answer", chunk=chunk)
    assert len(harness.runtime.requests) == 8 + 3 * 3


def test_missing_answers_make_no_verdict(harness: Harness) -> None:
    harness.open()
    harness.step("answer", chunk=harness.step("plan")[0])
    with pytest.raises(EvaluationFailed, match="5 of 25"):
        harness.step("judge")


def test_a_heldout_file_that_changed_is_refused(harness: Harness) -> None:
    run = harness.open(heldout=3)
    harness.store.objects[run.dataset.heldout_uri] = harness.line(0, "label.0").encode()
    with pytest.raises(EvaluationFailed, match="has 1 prompts"):
        harness.step("plan")


def test_a_model_without_a_price_is_named(harness: Harness) -> None:
    harness.open(heldout=1)
    harness.step("answer", chunk=harness.step("plan")[0])
    harness.monkeypatch.setattr("distillery.core.catalog.price", lambda *a, **k: None)
    with pytest.raises(EvaluationFailed, match=r"no price of amazon\.nova-pro"):
        harness.step("judge")


def test_an_unknown_step_is_refused(harness: Harness) -> None:
    harness.open()
    with pytest.raises(BadRequest, match="answer, judge, plan"):
        harness.step("dance")


def test_free_text_is_graded_by_overlap(harness: Harness) -> None:
    harness.open(heldout=2, of=recipe(grader="overlap"))
    assert harness.judged().measure == "accuracy"
