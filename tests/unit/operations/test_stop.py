"""`distillery stop`: what it does in each state of a run, and after any call that fails."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, RunStopped
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.items import run_key
from distillery.core.pipeline import Outcome, Run, Stage
from infra.constructs.operations import VERBS
from lambdas.operations.handler import OPERATIONS, operate
from tests.fakes.callers import ANA, HERE, LEA, event, response
from tests.fakes.pipeline import dataset, provisioned, recipe, verdict
from tests.unit.operations.harness import NAMES, WHY, Harness

Prepare = Callable[[Harness], Run]


def _begun(harness: Harness) -> Run:
    return harness.begin()


def _training(harness: Harness) -> Run:
    run = harness.begin()
    harness.train(run)
    return run


def _hosted(harness: Harness) -> Run:
    run = harness.begin()
    harness.made(run)
    harness.host(run)
    return run


def _judged_by_a_model(harness: Harness) -> Run:
    run = harness.begin(recipe(graders=JUDGE))
    harness.made(run)
    harness.judge(run)
    return run


def _never_started(harness: Harness) -> Run:
    run = harness.begin()
    harness.machine.executions.clear()
    return run


def _ended(outcome: Outcome) -> Prepare:
    def prepare(harness: Harness) -> Run:
        run = _hosted(harness)
        harness.bedrock.hosting.deployments.clear()
        harness.ledger.close(run.id, outcome, "its reason")
        return run

    return prepare


def _awaiting(harness: Harness) -> Run:
    return harness.ledger.open(recipe(), dataset(), again=False, awaiting=True).run


def _going_live(harness: Harness) -> Run:
    run = _hosted(harness)
    harness.ledger.stops.claim_promotion(run.id)
    harness.ledger.begin(run.id, Stage.PROMOTION)
    return run


def _going_live_in_an_older_version(harness: Harness) -> Run:
    run = _hosted(harness)
    harness.ledger.begin(run.id, Stage.PROMOTION)
    return run


def _being_accepted(harness: Harness) -> Run:
    run = _ended(Outcome.REJECTED)(harness)
    harness.ledger.lock("support", "acceptance-support-20261123T090807Z")
    Acceptances(harness.table).begin(
        harness.record(run), "acceptance-support-20261123T090807Z", by=LEA.arn, reason="x", left=None
    )
    return run


JUDGE = (GraderSpec(kind=GraderKind.JUDGE, options={"model": "anthropic.claude-haiku-4-5-20251001-v1:0"}),)
STOPPED: dict[str, Prepare] = {
    "before its job": _begun,
    "before its execution": _never_started,
    "during its job": _training,
    "with a candidate": _hosted,
    "while a model judges": _judged_by_a_model,
}
NOT_STOPPED: dict[str, tuple[Prepare, str]] = {
    "waits for approval": (_awaiting, "distillery reject"),
    "waits for acceptance": (_ended(Outcome.AWAITING_ACCEPTANCE), "distillery reject"),
    "going live": (_going_live, "is going live"),
    "going live since before the update": (_going_live_in_an_older_version, "is going live"),
    "being accepted": (_being_accepted, "is going live"),
    **{
        f"ended as {outcome}": (_ended(outcome), f"ended as {outcome} at 2026-11-23T09:00:00+00:00: its reason")
        for outcome in (Outcome.PROMOTED, Outcome.REJECTED, Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.DECLINED)
    },
}


@pytest.mark.parametrize("state", STOPPED)
def test_an_active_run_is_stopped_and_holds_nothing(harness: Harness, state: str) -> None:
    run = STOPPED[state](harness)
    status, answer = harness.stop(run)
    record = harness.record(run)
    assert (status, answer["outcome"], answer["first"], answer["left"]) == (200, "stopped", True, [])
    assert (record.outcome, record.reason, record.closed_by) == (Outcome.STOPPED, WHY, ANA.arn)
    assert (harness.billing, harness.ledger.active()) == ([], {})
    assert harness.machine.executions.get(run.id, "ABORTED") == "ABORTED"
    assert harness.ssm.parameters == {}
    assert [each["Subject"] for each in harness.sns.published] == ["Distillery: support stopped"]


@pytest.mark.parametrize("state", NOT_STOPPED)
def test_any_other_run_is_left_as_it_is(harness: Harness, state: str) -> None:
    prepare, why = NOT_STOPPED[state]
    run = prepare(harness)
    before = harness.record(run)
    status, answer = harness.stop(run)
    assert (status, answer["error"]["type"]) == (409, "NothingToStop")
    assert why in answer["error"]["message"]
    assert (harness.record(run), "ABORTED" in harness.machine.executions.values()) == (before, False)


def test_stopping_twice_is_one_stop_by_the_first(harness: Harness) -> None:
    run = _training(harness)
    harness.stop(run)
    harness.at += timedelta(hours=1)
    status, answer = harness.stop(run, LEA, reason="another")
    assert (status, answer["first"], answer["by"], answer["reason"]) == (200, False, ANA.arn, WHY)
    assert answer["at"] == "2026-11-23T09:00:00+00:00"
    assert len(harness.sns.published) == 1


@pytest.mark.parametrize(("reason", "why"), [("", "no reason"), ("  ", "no reason"), ("x" * 1001, "1000 at most")])
def test_a_stop_needs_a_reason(harness: Harness, reason: str, why: str) -> None:
    run = _training(harness)
    status, answer = harness.stop(run, reason=reason)
    assert (status, why in answer["error"]["message"], harness.record(run).outcome) == (400, True, Outcome.RUNNING)


def test_only_a_decider_stops(harness: Harness) -> None:
    harness.recipes = {"support": recipe(deciders=(LEA.arn.replace(":sts:", ":iam:"),))}
    run = _training(harness)
    status, answer = harness.stop(run, ANA)
    assert (status, answer["error"]["type"], harness.billing) == (403, "NotAdmitted", [NAMES.job(run.id)])


def test_a_run_that_does_not_exist_is_said_to(harness: Harness) -> None:
    status, answer = harness.stop("support-aaaaa-bbbbbbbb-1")
    assert (status, "there is no run" in answer["error"]["message"]) == (400, True)


CALLS = ("stop_model_customization_job", "get_model_customization_job", "delete_custom_model_deployment")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("afterwards", ["again", "sweep"])
def test_after_a_call_that_failed_a_second_request_or_the_sweep_completes_the_stop(
    harness: Harness, call: str, afterwards: str
) -> None:
    run = _hosted(harness)
    harness.bedrock.jobs.jobs[NAMES.job(run.id)]["status"] = "InProgress"
    refuse = (harness.bedrock.jobs if "job" in call else harness.bedrock.hosting).refuse
    refuse[call] = "ThrottlingException"
    with pytest.raises(ClientError):
        harness.stop(run)
    refuse.clear()
    if afterwards == "again":
        assert harness.stop(run)[1]["outcome"] == "stopped"
    else:
        harness.sweep()
        harness.sweep()
    assert harness.record(run).outcome is Outcome.STOPPED
    assert harness.record(run).closed_by == ANA.arn
    assert (harness.ledger.active(), [*harness.bedrock.hosting.everything()]) == ({}, [])


def test_the_sweep_ends_the_execution_of_a_function_that_died_after_its_first_write(harness: Harness) -> None:
    run = _training(harness)
    harness.ledger.stops.request(run.id, by=ANA.arn, reason=WHY)
    harness.sweep()
    assert harness.machine.executions[run.id] == "ABORTED"
    harness.sweep()  # upon the event
    assert (harness.record(run).outcome, harness.record(run).reason) == (Outcome.STOPPED, WHY)
    assert "wrong prompts" in harness.sns.published[0]["Message"]


def test_an_endpoint_that_is_being_created_is_left_to_the_sweep_and_said(harness: Harness) -> None:
    run = harness.begin()
    harness.made(run)
    harness.host(run, ready=False)
    status, answer = harness.stop(run)
    assert (status, answer["outcome"]) == (200, "stopped")
    assert NAMES.candidate(run.id) in answer["left"][0]
    harness.bedrock.hosting.settle()
    assert harness.sweep()["deleted"] == [NAMES.candidate(run.id)]
    assert harness.billing == []


def test_a_stopped_run_starts_no_job_and_is_not_promoted(harness: Harness) -> None:
    run = harness.begin()
    harness.ledger.stops.request(run.id, by=ANA.arn, reason=WHY)
    with pytest.raises(RunStopped, match="resume"):
        harness.ledger.count_job_request(run.id)
    with pytest.raises(RunStopped):
        harness.ledger.stops.claim_promotion(run.id)
    harness.stop(run)
    with pytest.raises((RunStopped, BadRequest)):
        harness.ledger.count_job_request(run.id)


def test_a_failure_that_follows_the_request_closes_the_run_as_stopped(harness: Harness) -> None:
    run = _training(harness)
    harness.ledger.stops.request(run.id, by=ANA.arn, reason=WHY)
    harness.ledger.close(run.id, Outcome.FAILED, "RunStopped: a step saw it")
    record = harness.record(run)
    assert (record.outcome, record.reason, record.closed_by) == (Outcome.STOPPED, WHY, ANA.arn)


def test_a_verdict_that_came_first_stays(harness: Harness) -> None:
    run = _hosted(harness)
    harness.ledger.stops.request(run.id, by=ANA.arn, reason=WHY)
    harness.ledger.close(run.id, Outcome.REJECTED, "the bars")
    status, answer = harness.stop(run)
    assert (status, answer["outcome"], answer["first"]) == (200, "rejected", False)


SPENT: dict[str, tuple[Prepare, bool, str]] = {
    "nothing before its job": (_begun, False, "nothing is billed"),
    "a stopped job": (_training, True, "UNVERIFIED"),
    "a completed job": (_hosted, True, "how many pairs"),
}


@pytest.mark.parametrize("state", SPENT)
def test_the_cost_so_far_is_said_and_the_reservation_settled(harness: Harness, state: str) -> None:
    prepare, billed, said = SPENT[state]
    run = prepare(harness)
    answer: dict[str, Any] = harness.stop(run)[1]
    record = harness.record(run)
    assert said in "; ".join(answer["spent"])
    assert (Decimal(answer["spent_usd"]) > 0) is billed
    assert record.stop is not None
    assert (str(record.stop.spent_usd), list(record.stop.spent)) == (answer["spent_usd"], answer["spent"])
    month = harness.ledger.month("support", record.opened)
    assert month.runs == ({run.id: run.dataset.at_most_usd} if billed else {})


def test_the_hours_of_provisioned_throughput_are_part_of_the_cost(harness: Harness) -> None:
    run = harness.begin(provisioned())
    harness.made(run)
    harness.host(run)
    harness.at += timedelta(hours=2, minutes=1)
    answer = harness.stop(run)[1]
    assert "$60 for 3 h of Provisioned Throughput" in answer["spent"]


def test_answers_are_part_of_the_cost(harness: Harness) -> None:
    run = _hosted(harness)
    harness.ledger.begin(run.id, Stage.EVALUATION)
    harness.ledger.plan_answers(run.id, 75)
    harness.ledger.count_answers(run.id, 0, 30)
    assert any("for 30 of 75 answers" in part for part in harness.stop(run)[1]["spent"])


def test_a_price_that_nobody_knows_does_not_prevent_the_stop(harness: Harness) -> None:
    run = harness.begin(provisioned())
    harness.made(run)
    item = harness.table.items[run_key(run.id)]
    item["run"] = item["run"].replace('"unit_price_usd_per_hour": "10"', '"unit_price_usd_per_hour": null')
    status, answer = harness.stop(run)
    assert (status, answer["outcome"], answer["spent_usd"]) == (200, "stopped", None)


def test_stopping_an_evaluation_again_leaves_the_run_what_it_was(harness: Harness) -> None:
    run = _hosted(harness)
    harness.ledger.begin(run.id, Stage.EVALUATION)
    harness.ledger.end(run.id, Stage.EVALUATION, verdict(False))
    harness.ledger.close(run.id, Outcome.REJECTED, "the bars")
    Evaluations(harness.table).begin(run.id, "evaluation-support-x", by=LEA.arn, reason="again")
    harness.machine.executions["evaluation-support-x"] = "RUNNING"
    status, answer = harness.stop(run)
    assert (status, answer["outcome"], harness.record(run).reason) == (200, "rejected", "the bars")
    assert harness.machine.executions["evaluation-support-x"] == "ABORTED"
    assert harness.stop(run)[1]["first"] is False


def test_a_path_that_names_no_operation_is_refused() -> None:
    status, answer = response(operate(event({}) | {"rawPath": "/delete"}, HERE))
    assert (status, "the operations are stop, resume" in answer["error"]["message"]) == (400, True)


def test_the_published_paths_are_those_that_the_function_handles() -> None:
    assert (*OPERATIONS,) == VERBS
