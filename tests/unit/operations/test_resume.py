"""`distillery resume`: what it continues from in each state of a run, and why it does not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from distillery.core.ledger.items import run_key
from distillery.core.ledger.promotions import Promotions
from distillery.core.pipeline import Outcome, Run, Stage
from tests.fakes.callers import ANA, LEA
from tests.fakes.pipeline import dataset, distilled, recipe
from tests.unit.core.ledger.test_promotions import promotion
from tests.unit.distillation.fakes import MADE, job
from tests.unit.operations.harness import NAMES, Harness

Prepare = Callable[[Harness], Run]


def _closed(outcome: Outcome = Outcome.FAILED, *, made: bool = True) -> Prepare:
    def prepare(harness: Harness) -> Run:
        run = harness.begin()
        if made:
            harness.made(run)
        harness.ledger.close(run.id, outcome, "its reason")
        return run

    return prepare


def _with_job(**found: Any) -> Prepare:
    """A failed run whose job is as described now."""

    def prepare(harness: Harness) -> Run:
        run = harness.begin()
        harness.train(run)
        harness.ledger.close(run.id, Outcome.FAILED, "timed out")
        harness.bedrock.jobs.jobs[NAMES.job(run.id)] = job(**found)
        return run

    return prepare


def _stopped(harness: Harness) -> Run:
    run = harness.begin()
    harness.made(run)
    harness.stop(run)
    return run


def _stopped_although_the_job_had_completed(harness: Harness) -> Run:
    run = harness.begin()
    harness.train(run, "Completed")
    harness.stop(run)
    return run


def _awaiting(harness: Harness) -> Run:
    return harness.ledger.open(recipe(), dataset(), again=False, awaiting=True).run


def _running(harness: Harness) -> Run:
    return harness.begin()


def _refused_job(harness: Harness) -> Run:
    run = harness.begin()
    harness.ledger.count_job_request(run.id)
    harness.ledger.count_job_refusal(run.id)
    harness.ledger.close(run.id, Outcome.FAILED, "ValidationException")
    return run


def _deleted(harness: Harness) -> Run:
    run = _closed()(harness)
    harness.bedrock.gone = True
    return run


def _deleted_before_it_was_taken_up(harness: Harness) -> Run:
    run = _with_job(status="Completed")(harness)
    harness.bedrock.gone = True
    return run


def _with_model(status: str) -> Prepare:
    def prepare(harness: Harness) -> Run:
        harness.bedrock.jobs.model_status = status
        return _with_job(status="Completed")(harness)

    return prepare


RESUMED: dict[str, tuple[Prepare, bool]] = {
    "failed with a student": (_closed(), False),
    "stopped with a student": (_stopped, False),
    "failed, and its job completed": (_with_job(status="Completed"), True),
    "stopped, and its job had completed": (_stopped_although_the_job_had_completed, True),
}
AGAIN = "run the prompts of support again with --again, as another attempt: distillery run --help"
NOT_RESUMED: dict[str, tuple[Prepare, str]] = {
    "running": (_running, "distillery watch"),
    "waits for approval": (_awaiting, "distillery approve"),
    "waits for acceptance": (_closed(Outcome.AWAITING_ACCEPTANCE), "distillery accept"),
    "promoted": (_closed(Outcome.PROMOTED), "distillery evaluate"),
    "rejected": (_closed(Outcome.REJECTED), "distillery evaluate"),
    "inconclusive": (_closed(Outcome.INCONCLUSIVE), "distillery evaluate"),
    "declined before it began": (_closed(Outcome.DECLINED, made=False), AGAIN),
    "failed before its job": (_closed(made=False), AGAIN),
    "failed as its job was refused": (_refused_job, AGAIN),
    "failed with its job": (_with_job(status="Failed"), "is Failed and made no model; run the prompts of support"),
    "stopped with its job": (_with_job(status="Stopped"), AGAIN),
    "its job still stops": (_with_job(status="Stopping"), "wait for it to end"),
    "its job still runs": (_with_job(status="InProgress"), "wait for it to end"),
    "its model is being created": (_with_model("Creating"), "wait some minutes"),
    "its model failed": (_with_model("Failed"), AGAIN),
    "its model was deleted": (_deleted, AGAIN),
    "its model was deleted before it was taken up": (_deleted_before_it_was_taken_up, AGAIN),
}


@pytest.mark.parametrize("state", RESUMED)
def test_a_run_continues_with_the_student_that_was_paid_for(harness: Harness, state: str) -> None:
    prepare, taken_up = RESUMED[state]
    run = prepare(harness)
    status, answer = harness.resume(run)
    assert (status, answer["student"], answer["taken_up"]) == (200, MADE.model_arn, taken_up), answer
    (begun,) = harness.machine.started
    asked = json.loads(begun["input"])
    assert (begun["name"], asked["action"], asked["student"]["model_arn"]) == (
        answer["execution"],
        "evaluate",
        MADE.model_arn,
    )
    record = harness.record(run)
    assert (record.outcome, record.reopened_by, record.reopened_reason) == (Outcome.RUNNING, ANA.arn, "wrong prompts")
    assert (harness.bedrock.jobs.created, harness.ledger.active()) == ([], {"support": run.id})


@pytest.mark.parametrize("state", NOT_RESUMED)
def test_what_cannot_be_resumed_says_why_and_what_to_do(harness: Harness, state: str) -> None:
    prepare, what = NOT_RESUMED[state]
    run = prepare(harness)
    before = harness.record(run)
    status, answer = harness.resume(run)
    assert (status, answer["error"]["type"]) == (409, "NothingToResume")
    assert what in answer["error"]["message"]
    assert (harness.record(run), harness.machine.started) == (before, [])


def test_a_second_resumption_starts_nothing(harness: Harness) -> None:
    run = _stopped(harness)
    assert harness.resume(run)[0] == 200
    status, answer = harness.resume(run, LEA)
    assert (status, answer["error"]["type"], len(harness.machine.started)) == (409, "NothingToResume", 1)


@pytest.mark.parametrize("outcome", [Outcome.PROMOTED, Outcome.REJECTED, Outcome.FAILED])
def test_a_resumed_run_ends_by_its_own_verdict(harness: Harness, outcome: Outcome) -> None:
    run = _stopped(harness)
    harness.resume(run)
    harness.ledger.stops.claim_promotion(run.id)
    harness.ledger.close(run.id, outcome, "as judged")
    record = harness.record(run)
    assert (record.outcome, record.reason, record.is_stopping) == (outcome, "as judged", False)


def test_a_resumed_run_is_stopped_and_resumed_again(harness: Harness) -> None:
    run = _stopped(harness)
    harness.resume(run)
    status, answer = harness.stop(run, LEA, reason="still wrong")
    record = harness.record(run)
    assert (status, answer["first"], record.outcome, record.reason) == (200, True, Outcome.STOPPED, "still wrong")
    assert (harness.resume(run)[0], len(harness.machine.started)) == (200, 2)


def test_a_resumption_needs_a_reason_and_a_decider(harness: Harness) -> None:
    run = _stopped(harness)
    assert harness.resume(run, reason=" ")[0] == 400
    harness.recipes = {"support": recipe(deciders=(LEA.arn.replace(":sts:", ":iam:"),))}
    assert harness.resume(run)[0] == 403
    assert harness.machine.started == []


def test_a_student_that_was_taken_up_stays_known_where_the_start_fails(harness: Harness) -> None:
    run = _with_job(status="Completed")(harness)
    harness.machine.refuse = "ThrottlingException"
    with pytest.raises(Exception, match="Throttling"):
        harness.resume(run)
    assert (harness.record(run).has_student, harness.record(run).outcome) == (True, Outcome.FAILED)
    harness.machine.refuse = ""
    assert harness.resume(run)[1]["taken_up"] is False


def test_a_recipe_that_another_run_holds_is_not_taken(harness: Harness) -> None:
    run = _stopped(harness)
    other = harness.ledger.open(recipe(), dataset("bb"), again=False).run
    status, answer = harness.resume(run)
    assert (status, answer["error"]["type"]) == (409, "RunActive")
    assert other.id in answer["error"]["message"]


def test_a_verdict_that_stands_is_not_judged_again(harness: Harness) -> None:
    from tests.fakes.pipeline import verdict

    run = harness.begin()
    harness.train(run, "Completed")
    distilled(harness.ledger, run, "a")
    harness.ledger.begin(run.id, Stage.EVALUATION)
    harness.ledger.end(run.id, Stage.EVALUATION, verdict(True))
    for name in ("part-0000", "part-0001"):
        harness.store.objects[f"s3://data/evaluations/{run.id}/{name}.jsonl"] = b""
    harness.stop(run)
    assert harness.resume(run)[1]["judge_only"] is True


def test_a_promoted_run_without_a_student_is_begun_again_by_its_promotion(harness: Harness) -> None:
    run = _closed(made=False)(harness)
    _promoted(harness, run)
    status, told = harness.resume(run)
    assert status == 409
    assert "another attempt of promotion promotion-support-20261123T120000Z" in told["error"]["message"]


def _promoted(harness: Harness, run: Run) -> Promotions:
    """The run is that of a promotion."""
    promotions = Promotions(harness.table)
    assert promotions.begin(promotion())
    harness.table.items[run_key(run.id)]["promotion"] = promotion().id
    assert harness.table.put_all(promotions.link(promotion().id, run.id))
    return promotions


def _abandoned(harness: Harness, promotions: Promotions) -> None:
    promotions.abandon(promotion().id, by="arn:ann", reason="the key was stolen")


def _followed(harness: Harness, promotions: Promotions) -> None:
    assert promotions.begin(promotion(1, "b"))


def _admitted_again(harness: Harness, promotions: Promotions) -> None:
    promotions.admit_again(promotions.find(promotion().id), by_id="AIDAANN")
    assert harness.table.put_all(promotions.link(promotion().id, "support-x-y-2"))


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [(_abandoned, "was abandoned at"), (_followed, "began after"), (_admitted_again, "its run is support-x-y-2")],
)
def test_a_run_of_a_promotion_that_is_over_is_not_resumed(
    harness: Harness, meanwhile: Callable[[Harness, Promotions], None], said: str
) -> None:
    """Although its job has made a student that the ledger does not know."""
    run = harness.begin()
    harness.train(run, "Completed")
    harness.ledger.close(run.id, Outcome.FAILED, "timed out")
    meanwhile(harness, _promoted(harness, run))
    status, told = harness.resume(run)
    assert (status, said in told["error"]["message"]) == (400, True), told
    assert not harness.ledger.run(run.id).has_student


def test_the_latest_run_of_a_promotion_is_resumed(harness: Harness) -> None:
    run = harness.begin()
    harness.train(run, "Completed")
    harness.ledger.close(run.id, Outcome.FAILED, "timed out")
    _promoted(harness, run)
    assert harness.resume(run)[0] == 200
