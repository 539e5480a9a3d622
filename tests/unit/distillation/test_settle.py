"""Each run that waits for a job is answered once, whoever calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.serialization import to_wire
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.settle import Settler, TaskTokens, jobs_of_event
from tests.fakes.pipeline import open_run, recipe
from tests.fakes.table import MemoryTable
from tests.unit.distillation.fakes import MADE, FakeBedrock, FakeTokens, job

EVENTS = Path(__file__).parents[2] / "events"


class WaitingRuns:
    """Runs that wait, each for a job named as itself with the token `token-<recipe>`."""

    def __init__(self, **jobs: dict[str, Any]) -> None:
        self.ledger = Ledger(MemoryTable())
        self.runs = {name: self._waits(name) for name in jobs}
        self.bedrock: Any = FakeBedrock(
            jobs={f"dev-{self.runs[name].id}": found for name, found in jobs.items() if found}
        )
        self.tokens: Any = FakeTokens()

    def _waits(self, name: str) -> Run:
        run = open_run(self.ledger, recipe(name=name))
        self.ledger.begin(run.id, Stage.DISTILLATION)
        self.ledger.add_waiting_job(WaitingJob(job=f"dev-{run.id}", token=f"token-{name}", run=run.id))
        return run

    def settle(self) -> int:
        settler = Settler(CustomizationJobs(self.bedrock), TaskTokens(self.tokens), self.ledger)
        return settler.settle_all(self.ledger.waiting_jobs())

    def has_student(self, name: str) -> bool:
        return self.ledger.run(self.runs[name].id).has_student


def test_a_completed_job_gives_its_student_to_the_ledger_and_to_the_run() -> None:
    runs = WaitingRuns(support=job("Completed"))
    assert runs.settle() == 1
    error, output = runs.tokens.answers["token-support"]
    assert (error, json.loads(output)) == ("", to_wire(MADE))
    assert runs.has_student("support")
    assert runs.ledger.waiting_jobs() == []


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (job("Failed", failureMessage="Rate exceeded"), "Rate exceeded"),
        (
            job("Failed", failureMessage="training record 7 is invalid: 'My card was charged twice.'"),
            "training record 7 … invalid … (in full: the failureMessage of the job dev-support-",
        ),
        (job("Failed"), "is Failed"),
        (job("Stopped"), "is Stopped"),
    ],
)
def test_a_job_without_a_student_fails_its_run_with_the_cause(found: dict[str, Any], cause: str) -> None:
    runs = WaitingRuns(support=found)
    assert runs.settle() == 1
    error, text = runs.tokens.answers["token-support"]
    assert error == "JobFailed"
    assert cause in text
    assert not runs.has_student("support")
    assert runs.ledger.waiting_jobs() == []


@pytest.mark.parametrize("found", [job("InProgress"), job("Stopping"), job("Completed", outputModelArn=None), {}])
def test_what_has_not_ended_waits_on(found: dict[str, Any]) -> None:
    runs = WaitingRuns(support=found)
    assert (runs.settle(), runs.tokens.answers, len(runs.ledger.waiting_jobs())) == (0, {}, 1)


@pytest.mark.parametrize(
    ("status", "settled", "error"), [("Creating", 0, None), ("Failed", 1, "JobFailed"), (None, 1, "")]
)
def test_a_completed_jobs_model_has_to_be_active(status: str | None, settled: int, error: str | None) -> None:
    runs = WaitingRuns(support=job("Completed"))
    runs.bedrock.model_status = status
    assert runs.settle() == settled
    assert runs.tokens.answers.get("token-support", (None, ""))[0] == error


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
@pytest.mark.parametrize("found", [job("Completed"), job("Failed")])
def test_a_token_whose_task_has_gone_is_put_away(found: dict[str, Any], code: str) -> None:
    runs = WaitingRuns(support=found)
    runs.tokens.refuse = {"token-support": code}
    assert (runs.settle(), runs.ledger.waiting_jobs()) == (1, [])


def test_a_newer_token_of_the_same_job_is_kept() -> None:
    runs = WaitingRuns(support=job("Completed"))
    (old,) = runs.ledger.waiting_jobs()
    runs.ledger.add_waiting_job(WaitingJob(job=old.job, token="newer", run=old.run))
    runs.tokens.refuse = {"token-support": "TaskTimedOut"}
    Settler(CustomizationJobs(runs.bedrock), TaskTokens(runs.tokens), runs.ledger).settle(old)
    assert [waiting.token for waiting in runs.ledger.waiting_jobs()] == ["newer"]


def test_one_that_cannot_be_settled_stops_no_other_and_is_raised_after_them() -> None:
    runs = WaitingRuns(first=job("Completed"), second=job("Completed"), third=job("Completed"))
    runs.tokens.refuse = {"token-first": "KmsThrottlingException"}
    with pytest.raises(ClientError, match="KmsThrottlingException"):
        runs.settle()
    assert set(runs.tokens.answers) == {"token-second", "token-third"}
    assert [waiting.token for waiting in runs.ledger.waiting_jobs()] == ["token-first"]


def test_a_run_that_was_closed_has_its_job_stopped() -> None:
    runs = WaitingRuns(support=job("InProgress"))
    run = runs.runs["support"].id
    runs.ledger.close(run, Outcome.FAILED, "a person aborted the execution")
    assert (runs.settle(), runs.bedrock.stopped, runs.ledger.waiting_jobs()) == (1, [f"dev-{run}"], [])
    assert runs.tokens.answers == {}


def test_an_event_is_about_its_own_job_and_nothing_else_in_it_is_believed() -> None:
    event = json.loads((EVENTS / "bedrock-job-state-change.json").read_text())
    ours = WaitingJob(job=event["detail"]["jobName"], token="a", run="r")
    other = WaitingJob(job="dev-other", token="b", run="s")
    assert jobs_of_event([ours, other], event) == [ours]
    assert jobs_of_event([other], event) == []


@pytest.mark.parametrize("event", [json.loads((EVENTS / "scheduled.json").read_text()), {"poll": True}])
def test_a_poll_is_about_every_job(event: dict[str, Any]) -> None:
    both = [WaitingJob(job=f"dev-{name}", token=name, run=name) for name in ("a", "b")]
    assert jobs_of_event(both, event) == both
