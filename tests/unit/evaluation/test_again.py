"""A run is evaluated again: what is asked, which verdict counts, and what becomes of the run."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import clock
from distillery.core import recipe as recipes
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest
from distillery.core.hosting_mode import HostingMode
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.looks import LookLedger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Item
from distillery.core.pipeline import Outcome, Run, Stage, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.report import wire
from distillery.evaluation.report.lineage import MANY, count_looks
from distillery.evaluation.restart import JUDGING
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.evaluation import request as evaluation_request
from lambdas.evaluation.request import evaluate
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, distilled, recipe, student
from tests.fakes.services import FakeStepFunctions
from tests.fakes.table import MemoryTable
from tests.unit.evaluation.harness import STUDENT, TEACHER, WIDE, Harness

STRICT = recipe(**{**WIDE, "min_score": 0.99})
LAX = recipe(**WIDE)


class Again(Harness):
    """Evaluates the harness's run again, as its function and the state machine do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.machine, self.at = FakeStepFunctions(), 1_795_000_000.0
        self.settings: Recipe = LAX
        services: Any = {"stepfunctions": self.machine}
        monkeypatch.setattr(evaluation_request, "client", services.get)
        monkeypatch.setattr(evaluation_request, "Table", lambda name: self.table)
        monkeypatch.setattr(evaluation_request, "ObjectStore", lambda: self.store)
        monkeypatch.setattr(recipes, "load", lambda name: self.settings)
        monkeypatch.setattr(recipes, "load_all", lambda: {"support": self.settings})
        monkeypatch.setenv(Variable.STATE_MACHINE, "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline")
        monkeypatch.setattr(clock, "timestamp", lambda: self.at)

    def trained(self, of: Recipe = LAX, heldout: int = 25) -> Run:
        run = self.open(heldout=heldout, of=of)
        distilled(self.ledger, run, "a")
        return run

    def ask(self, run: Run, /, **asked: Any) -> tuple[int, dict[str, Any]]:
        self.at += 60
        return response(evaluate(event({"run": run.id} | asked, ANA), HERE))

    def go(self, run: Run, **asked: Any) -> Verdict:
        """Evaluates the run again, and closes it. Returns the verdict."""
        status, answer = self.ask(run, **asked)
        assert status == 200, answer
        self.state = json.loads(self.machine.started[-1]["input"])
        assert self.machine.started[-1]["name"] == answer["execution"]
        if not answer["judge_only"]:
            self.state["candidate"] = {"arn": STUDENT, "name": "c", "mode": "on-demand"}
            for chunk in self.step("plan"):
                self.answer(chunk)
        given = from_wire(Verdict, self.step("judge"))
        self.end(run, given)
        return given

    def end(self, run: Run, given: Verdict) -> None:
        outcome = Outcome.PROMOTED if given.passed else Outcome.REJECTED
        self.ledger.close(run.id, outcome, "; ".join(given.reasons))

    def fail(self, run: Run) -> None:
        self.ledger.close(run.id, Outcome.FAILED, "EvaluationFailed: the last step")


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Again:
    return Again(monkeypatch)


def test_a_run_that_failed_after_training_is_evaluated_and_passes_without_asking_twice(harness: Again) -> None:
    run = harness.trained()
    harness.answer(harness.step("plan")[0])
    harness.fail(run)
    before = len(harness.runtime.requests)
    verdict = harness.go(run, reason="the last step failed")
    record = harness.ledger.run(run.id)
    assert (verdict.passed, verdict.exploratory, record.outcome) == (True, "", Outcome.PROMOTED)
    assert (before, len(harness.runtime.requests)) == (60, 75)
    assert (record.reopened_by, record.reopened_reason) == (ANA.arn, "the last step failed")
    (kept,) = Evaluations(harness.table).of("support")
    assert (kept.run, kept.by, kept.was) == (run.id, ANA.arn, Outcome.FAILED)
    assert harness.ledger.active() == {}


def test_stored_answers_are_judged_without_an_endpoint(harness: Again) -> None:
    run = harness.trained()
    for chunk in harness.step("plan"):
        harness.answer(chunk)
    harness.fail(run)
    asked = len(harness.runtime.requests)
    assert harness.go(run, judge_only=True).passed
    assert len(harness.runtime.requests) == asked


def test_incomplete_answers_are_not_judged(harness: Again) -> None:
    run = harness.trained()
    harness.answer(harness.step("plan")[0])
    harness.fail(run)
    status, answer = harness.ask(run, judge_only=True)
    assert (status, answer["error"]["type"]) == (400, "BadRequest")
    assert "1 of 2 parts" in answer["error"]["message"]
    assert (harness.ledger.run(run.id).outcome, harness.ledger.active()) == (Outcome.FAILED, {})


def test_a_run_that_failed_after_its_verdict_resumes_with_it(harness: Again) -> None:
    run = harness.trained()
    first = harness.judged()
    harness.fail(run)
    harness.runtime.answers[STUDENT] = "label.3"
    verdict = harness.go(run)
    assert (verdict, len(harness.machine.started)) == (first, 1)
    assert json.loads(harness.machine.started[0]["input"])["judge_only"] is True
    assert harness.ledger.run(run.id).outcome is Outcome.PROMOTED


def test_a_second_look_is_exploratory_and_changes_nothing(harness: Again) -> None:
    run = harness.trained(STRICT)
    harness.runtime.answers[STUDENT] = lambda text: (
        "label.3" if text.endswith("message 9") else f"label.{text.split()[-1]}"
    )
    first = harness.judged()
    harness.end(run, first)
    was = harness.ledger.run(run.id)
    report = harness.store.objects[first.report_uri]
    second = harness.go(run, judge_only=True)
    record = harness.ledger.run(run.id)
    assert (first.exploratory, second.passed) == ("", False)
    assert "judged on these prompts before" in second.exploratory
    assert (record.outcome, record.reason) == (was.outcome, was.reason)
    assert record.stages[Stage.EVALUATION].product == to_wire(first)
    assert record.exploratory == to_wire(second)
    assert second.report_uri != first.report_uri
    assert harness.store.objects[first.report_uri] == report
    assert re.match(r"(Passed|Failed|Inconclusive), exploratory: ", second.sentence)
    shown = wire.parse(harness.store.objects[second.report_uri])
    assert (shown.exploratory, wire.parse(report).exploratory) == (True, False)


@pytest.mark.parametrize("judged_before", [False, True])
def test_a_judgement_by_other_bars_is_exploratory_and_never_passes_by_itself(
    harness: Again, judged_before: bool
) -> None:
    run = harness.trained(STRICT)
    harness.runtime.answers[STUDENT] = lambda text: (
        "label.3" if text.endswith("message 9") else f"label.{text.split()[-1]}"
    )
    if judged_before:
        harness.end(run, harness.judged())
    else:
        harness.fail(run)
    harness.settings = replace(LAX, min_score=0.1)
    verdict = harness.go(run, current_settings=True)
    assert verdict.outcome is not None
    assert (verdict.passed, verdict.outcome.value) == (False, "passed")
    assert "not those that were fixed" in verdict.exploratory
    assert harness.ledger.run(run.id).outcome is not Outcome.PROMOTED


def test_the_confirmatory_look_is_still_there_after_an_exploratory_one(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    harness.settings = replace(LAX, min_score=0.1)
    assert harness.go(run, current_settings=True).exploratory
    harness.ledger.run(run.id)
    harness.table.items["recipe#support", f"run#{run.id}"]["outcome"] = "failed"
    verdict = harness.go(run)
    assert (verdict.exploratory, verdict.passed) == ("", True)
    assert harness.ledger.run(run.id).stages[Stage.EVALUATION].product == to_wire(verdict)


def test_graders_and_bars_are_fixed_before_the_first_answer(harness: Again) -> None:
    run = harness.trained()
    harness.step("plan")
    plan = json.loads(harness.store.objects[f"s3://data/evaluations/{run.id}/contestants.json"])
    assert plan["judging_digest"] == run.recipe.judging_digest
    assert harness.table.items["recipe#support", f"run#{run.id}"]["judging_digest"] == run.recipe.judging_digest


def test_every_setting_that_judges_is_taken_from_the_settings_of_today() -> None:
    changed: dict[str, Any] = {
        "grader": "overlap",
        "graders": [{"kind": "json"}],
        "min_score": 0.91,
        "min_teacher_score": 0.8,
        "teacher_margin": 0.01,
        "min_share_of_teacher": 0.8,
        "min_gain": 0.3,
        "live_margin": 0.2,
        "max_latency_ms": 7,
        "max_usd_per_thousand": 3,
        "golden_min_score": 0.9,
        "golden_teacher_margin": 0.1,
    }
    assert set(changed) == set(JUDGING)
    given = replace(LAX, golden_set="exam.jsonl")  # without one, its bars judge nothing
    for name, value in changed.items():
        other = from_wire(Recipe, to_wire(given) | {name: value})
        assert other.judging_digest != given.judging_digest, name


def test_answers_that_were_missing_are_asked_again(harness: Again) -> None:
    run = harness.trained()
    harness.runtime.errors[2] = service_error("ValidationException")
    verdict = harness.judged()
    harness.end(run, verdict)
    before = len(harness.runtime.requests)
    second = harness.go(run)
    assert (before, len(harness.runtime.requests)) == (75, 76)
    assert {verdict.student.scored + verdict.teacher.scored + verdict.base.scored, 75} == {74, 75}
    assert second.student.scored + second.teacher.scored + second.base.scored == 75


def test_only_one_evaluation_runs_at_a_time(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    assert harness.ask(run)[0] == 200
    status, answer = harness.ask(run)
    assert (status, len(harness.machine.started)) == (400, 1)
    assert "is running" in answer["error"]["message"]
    assert harness.ledger.active() == {"support": run.id}


def test_what_locks_the_recipe_is_not_disturbed(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    harness.ledger.lock("support", "rollback-support-20261123T090807Z")
    status, answer = harness.ask(run)
    assert (status, answer["error"]["type"]) == (409, "RunActive")
    assert harness.ledger.run(run.id).outcome is Outcome.FAILED


REFUSED = [
    ({"reason": "x" * 1001}, "1001 characters"),
    ({"run": "support-aaaaa-bbbbbbbb-9"}, "there is no run"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_a_wrong_request_changes_nothing(harness: Again, asked: dict[str, Any], said: str) -> None:
    run = harness.trained()
    harness.fail(run)
    status, answer = harness.ask(run, **asked)
    assert status == 400
    assert said in answer["error"]["message"]
    assert harness.ledger.active() == {}


def test_a_run_without_a_student_is_refused(harness: Again) -> None:
    run = harness.open(of=LAX)
    harness.fail(run)
    assert "has no student" in harness.ask(run)[1]["error"]["message"]


def test_a_run_whose_held_out_prompts_expired_is_refused(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    del harness.store.objects[run.dataset.heldout_uri]
    assert "do not exist any more" in harness.ask(run)[1]["error"]["message"]


@pytest.mark.parametrize("was", [Outcome.FAILED, Outcome.REJECTED, Outcome.PROMOTED])
def test_an_evaluation_that_cannot_start_or_fails_leaves_the_run_as_it_was(harness: Again, was: Outcome) -> None:
    run = harness.trained()
    if was is not Outcome.FAILED:
        harness.judged()
    harness.ledger.close(run.id, was, "what it was")
    harness.machine.refuse = "AccessDeniedException"
    with pytest.raises(Exception, match="AccessDenied"):
        harness.ask(run)
    assert (harness.ledger.run(run.id).outcome, harness.ledger.run(run.id).reason) == (was, "what it was")
    harness.machine.refuse = ""
    harness.ask(run)
    harness.ledger.close(run.id, Outcome.FAILED, "the execution failed")
    record = harness.ledger.run(run.id)
    assert record.outcome is was
    assert record.reason == ("the execution failed" if was is Outcome.FAILED else "what it was")
    assert harness.ledger.active() == {}


def test_looks_of_candidates_at_the_same_prompts_are_counted(harness: Again) -> None:
    run = harness.trained()
    harness.end(run, harness.judged())
    verdict = harness.go(run, judge_only=True)
    report = json.loads(harness.store.objects[verdict.report_uri])
    assert (report["looks"]["total"], report["looks"]["candidates"]) == (2, 1)
    (heldout,) = {key[0] for key in harness.table.items if key[0].startswith("heldout#")}
    kept = LookLedger(harness.table).at(heldout.removeprefix("heldout#"))
    assert [(each.run, bool(each.exploratory)) for each in kept] == [(run.id, True), (run.id, False)]


@pytest.mark.parametrize("candidates", [1, MANY - 1, MANY, 20])
def test_many_candidates_are_warned_of(candidates: int) -> None:
    looks = count_looks([f"model-{index % candidates}" for index in range(40)])
    assert (looks.total, looks.candidates) == (40, candidates)
    assert bool(looks.warning) == (candidates >= MANY)


@pytest.mark.parametrize(
    ("was", "answer", "then"),
    [
        (Outcome.AWAITING_ACCEPTANCE, "label.3", Outcome.REJECTED),
        (Outcome.AWAITING_ACCEPTANCE, None, Outcome.PROMOTED),
        (Outcome.REJECTED, None, Outcome.PROMOTED),
        (Outcome.PROMOTED, "label.3", Outcome.PROMOTED),
    ],
)
def test_the_confirmatory_verdict_decides_also_after_an_exploratory_one(
    harness: Again, was: Outcome, answer: str | None, then: Outcome
) -> None:
    run = harness.trained()
    harness.fail(run)
    if answer:
        harness.runtime.answers[STUDENT] = answer
    harness.settings = replace(LAX, min_score=0.1)
    assert harness.go(run, current_settings=True).exploratory
    harness.table.items["recipe#support", f"run#{run.id}"]["outcome"] = was.value
    assert harness.go(run).exploratory == ""
    assert harness.ledger.run(run.id).outcome is then


def _live(harness: Again, letter: str, answers: str) -> str:
    """Makes another model live at the recipe's endpoint, which answers everything alike. Returns its ARN."""
    now = replace(alias(), run="support-aaaaa-bbbbbbbb-1", current=student(letter).model_arn)
    harness.ssm.parameters["/distillery/dev/alias/support"] = json.dumps(to_wire(now))
    harness.runtime.answers[now.endpoint.arn] = answers
    return now.current


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("had", [True, False])
def test_a_run_that_failed_is_compared_with_the_model_that_is_live_today(harness: Again, had: bool, parts: int) -> None:
    if had:
        _live(harness, "b", "label.1")
    run = harness.trained()
    for chunk in harness.step("plan")[:parts]:
        harness.answer(chunk)
    harness.fail(run)
    today = _live(harness, "c", "label.2")
    before = len(harness.runtime.requests)
    given = harness.go(run)
    assert given.live is not None
    assert (given.live.model, given.live.scored, given.exploratory) == (today, 25, "")
    assert len(harness.runtime.requests) - before == 25 + (15 if parts == 1 else 0)  # nothing else is asked twice


def test_answers_of_a_former_live_model_are_not_judged_as_those_of_today_s(harness: Again) -> None:
    _live(harness, "b", "label.1")
    run = harness.trained()
    for chunk in harness.step("plan"):
        harness.answer(chunk)
    harness.fail(run)
    today = _live(harness, "c", "label.2")
    assert harness.ask(run)[0] == 200
    harness.state = json.loads(harness.machine.started[-1]["input"])
    harness.state["candidate"] = {"arn": STUDENT, "name": "c", "mode": "on-demand"}
    harness.answer(harness.step("plan")[0])  # the second chunk fails, and keeps its former row
    harness.fail(run)
    given = harness.go(run, judge_only=True)
    assert given.live is not None
    assert (given.live.model, given.live.scored, given.live.asked) == (today, 20, 25)
    assert (given.passed, given.outcome) == (False, VerdictOutcome.INCONCLUSIVE)


def test_a_verdict_of_0_1_0_promotes_nobody_after_a_failure(harness: Again) -> None:
    run = harness.trained()
    harness.judged()
    pk, sk = f"recipe#{run.recipe.name}", f"run#{run.id}"
    kept = json.loads(harness.table.get(pk, sk)["evaluation_product"])  # type: ignore[index]
    old = {name: value for name, value in kept.items() if name not in ("outcome", "look", "sentence", "live")}
    harness.table.set(pk, sk, {"evaluation_product": json.dumps(old)}, only_if="#pk = :pk", given={"pk": pk})
    harness.fail(run)
    given = harness.go(run)
    assert (given.passed, given.outcome, bool(given.exploratory)) == (False, VerdictOutcome.PASSED, True)


def test_a_sweep_at_any_moment_leaves_an_evaluation_its_lock(harness: Again) -> None:
    """The sweep unlocks a recipe whose holder is a run that has ended."""
    run = harness.trained()
    harness.fail(run)

    class Ended:
        def status(self, name: str) -> str | None:
            return "FAILED" if name == run.id else None

    class Sweeping(MemoryTable):
        """Another view of the same table, with a sweep after each write."""

        def put_new(self, item: Item) -> bool:
            return self._swept(harness.table.put_new(item))

        def put_all(self, *puts: Any) -> bool:
            return self._swept(harness.table.put_all(*puts))

        def _swept(self, written: bool) -> bool:
            services: Any = (Ended(), None)
            StaleRuns(harness.ledger, Rollbacks(harness.table), Acceptances(harness.table), *services).settle(
                "support", run.id
            )
            return written

    table = Sweeping()
    table.items = harness.table.items
    Evaluations(table).begin(run.id, "evaluation-support-x", by=ANA.arn, reason="")
    assert harness.ledger.active() == {"support": run.id}
    assert harness.ledger.run(run.id).outcome is Outcome.RUNNING
    with pytest.raises(BadRequest, match="is running"):
        Evaluations(harness.table).begin(run.id, "evaluation-support-y", by=ANA.arn, reason="")


def _asked_for(harness: Again, run: Run) -> dict[str, bool]:
    """What the state machine learns before it would create an endpoint."""
    status, answer = harness.ask(run)
    assert (status, answer["judge_only"]) == (200, False)
    harness.state = json.loads(harness.machine.started[-1]["input"])
    found: dict[str, bool] = harness.step("missing")
    return found


@pytest.mark.parametrize(
    ("stored", "lost", "live", "needs"),
    [
        (2, "", False, {"answers": False, "endpoint": False}),
        (2, "", True, {"answers": True, "endpoint": False}),
        (1, "", False, {"answers": True, "endpoint": True}),
        (0, "", False, {"answers": True, "endpoint": True}),
        (2, "part", False, {"answers": True, "endpoint": False}),
        (2, STUDENT, False, {"answers": True, "endpoint": True}),
        (2, TEACHER, False, {"answers": True, "endpoint": False}),
    ],
)
def test_no_endpoint_is_created_where_every_answer_of_the_student_is_stored(
    harness: Again, stored: int, lost: str, live: bool, needs: dict[str, bool]
) -> None:
    """`lost`: a part that was not written, or the model that refused."""
    run = harness.trained()
    if lost in (STUDENT, TEACHER):
        harness.runtime.refuse[lost] = service_error("ValidationException")
    for chunk in harness.step("plan")[:stored]:
        harness.answer(chunk)
    if lost == "part":
        del harness.store.objects[f"s3://data/evaluations/{run.id}/part-0001.jsonl"]
    harness.fail(run)
    harness.runtime.refuse.clear()
    if live:
        _live(harness, "c", "label.2")
    assert _asked_for(harness, run) == needs
    before = len(harness.runtime.requests)
    if needs["answers"]:
        if needs["endpoint"]:
            harness.state["candidate"] = {"arn": STUDENT, "name": "c", "mode": "on-demand"}
        for chunk in harness.step("plan"):
            harness.answer(chunk)
    models = {request["modelId"] for request in harness.runtime.requests[before:]}
    assert (STUDENT in models) is needs["endpoint"]
    assert bool(models) is (needs["answers"] and lost != "part")
    given = from_wire(Verdict, harness.step("judge"))
    assert (given.student.scored, given.teacher.scored) == (25, 25)


def _reserved(harness: Again) -> dict[str, Decimal]:
    """What evaluations have reserved of the month, by execution."""
    runs = harness.ledger.month("support", clock.stamp()).runs
    return {name: usd for name, usd in runs.items() if name.startswith("evaluation-")}


@pytest.mark.parametrize("hourly", [Decimal(0), Decimal(20)])
def test_an_evaluation_reserves_its_worst_case_of_the_month(harness: Again, hourly: Decimal) -> None:
    hosting = {"hosting": HostingMode.PROVISIONED, "unit_price_usd_per_hour": hourly} if hourly else {}
    run = harness.trained(recipe(**WIDE, monthly_budget_usd=Decimal(90), **hosting))
    harness.settings = run.recipe
    harness.fail(run)
    status, answer = harness.ask(run)
    assert status == 200, answer
    ((execution, usd),) = _reserved(harness).items()
    assert execution == answer["execution"]
    assert hourly * 2 < usd < hourly * 2 + 1
    harness.fail(run)
    assert _reserved(harness) == {execution: usd}, "it may have asked"
    again = harness.ask(run)[1]["execution"]
    assert set(_reserved(harness)) == {execution, again}


def test_an_evaluation_that_the_month_has_no_room_for_is_refused_and_changes_nothing(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    harness.settings = replace(LAX, monthly_budget_usd=Decimal("0.001"))
    status, answer = harness.ask(run)
    assert (status, answer["error"]["type"]) == (409, "OverBudget")
    assert "the evaluation may cost up to $" in answer["error"]["message"]
    assert "raise monthly_budget_usd" in answer["error"]["message"]
    assert (_reserved(harness), harness.ledger.active(), harness.machine.started) == ({}, {}, [])
    assert harness.ledger.run(run.id).outcome is Outcome.FAILED


def test_an_evaluation_that_does_not_start_leaves_no_reservation(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    harness.machine.refuse = "AccessDeniedException"
    with pytest.raises(Exception, match="AccessDenied"):
        harness.ask(run)
    assert _reserved(harness) == {}


@pytest.mark.parametrize("judge_only", [True, False])
def test_stored_answers_are_judged_without_a_reservation(harness: Again, judge_only: bool) -> None:
    run = harness.trained()
    for chunk in harness.step("plan"):
        harness.answer(chunk)
    harness.fail(run)
    assert harness.ask(run, judge_only=judge_only)[0] == 200
    assert bool(_reserved(harness)) is not judge_only
    if not judge_only:
        harness.state = json.loads(harness.machine.started[-1]["input"])
        assert harness.step("missing") == {"answers": False, "endpoint": False}
    assert _reserved(harness) == {}


def test_two_that_write_the_month_at_once_both_reserve(harness: Again) -> None:
    run = harness.trained()
    harness.fail(run)
    table, ledger = harness.table, harness.ledger
    put_all, raced = table.put_all, list[bool]()

    def first(*puts: Any) -> bool:
        if not raced:
            raced.append(True)
            month = ledger.month("support", clock.stamp()).with_reservation("x", Decimal(1), cap=Decimal(99))
            assert put_all(month.write())
        return put_all(*puts)

    table.put_all = first  # type: ignore[method-assign]
    assert harness.ask(run)[0] == 200
    assert "x" in ledger.month("support", clock.stamp()).runs
    assert len(_reserved(harness)) == 1
