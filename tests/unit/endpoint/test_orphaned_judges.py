"""Judges' jobs bill for what they do: the sweep stops those that no active run waits for, and no others."""

from collections.abc import Iterator
from typing import Any

import pytest

from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.pipeline import Outcome, Run
from lambdas.endpoint.orphaned_judges import OrphanedJudges
from tests.fakes.bedrock import MADE
from tests.fakes.errors import service_error
from tests.fakes.pipeline import open_run
from tests.fakes.table import MemoryTable
from tests.unit.endpoint.test_sweep import Harness

NAMES = Names("dev")


class FakeEvaluations:
    """jobs: tags by name. ended: those that end before they can be stopped."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, str]] = {}
        self.stopped: list[str] = []
        self.ended: set[str] = set()
        self.broken: set[str] = set()

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_evaluation_jobs"
        return self

    def paginate(self, *, nameContains: str, statusEquals: str) -> Iterator[dict[str, Any]]:  # noqa: N803 the API's
        assert (nameContains, statusEquals) == ("dev-judge", "InProgress")
        yield {}
        for name in self.jobs:
            if nameContains in name and name not in self.stopped:
                told = {"jobName": name, "jobArn": f"arn:{name}", "creationTime": MADE, "status": "InProgress"}
                yield {"jobSummaries": [told]}

    def list_tags_for_resource(self, *, resourceARN: str) -> dict[str, Any]:  # noqa: N803 the API's name
        name = resourceARN.removeprefix("arn:")
        if name in self.ended:
            raise service_error("ResourceNotFoundException")
        return {"tags": [{"key": key, "value": value} for key, value in self.jobs[name].items()]}

    def stop_evaluation_job(self, *, jobIdentifier: str) -> None:  # noqa: N803 the API's name
        name = jobIdentifier.removeprefix("arn:")
        if name in self.broken:
            raise service_error("ConflictException" if "late" in name else "InternalServerException")
        self.stopped.append(name)

    def add(self, name: str, run: Run, environment: str = "dev") -> None:
        self.jobs[name] = {
            "distillery:environment": environment,
            "distillery:recipe": run.recipe.name,
            "distillery:run": run.id,
        }


@pytest.fixture
def jobs() -> FakeEvaluations:
    return FakeEvaluations()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryTable())


def orphans(ledger: Ledger, jobs: Any) -> list[str]:
    return [job.name for job in OrphanedJudges(NAMES, ledger, jobs).find()]


def test_the_job_of_an_active_run_goes_on_until_the_run_has_ended(jobs: FakeEvaluations, ledger: Ledger) -> None:
    run = open_run(ledger)
    jobs.add("dev-judge-a", run)
    assert orphans(ledger, jobs) == []
    ledger.close(run.id, Outcome.FAILED, "the execution was aborted")
    assert orphans(ledger, jobs) == ["dev-judge-a"]


def test_jobs_of_others_are_left_alone(jobs: FakeEvaluations, ledger: Ledger) -> None:
    run = open_run(ledger)
    ledger.close(run.id, Outcome.FAILED, "it failed")
    jobs.add("dev-judge-of-another-environment", run, environment="test")
    jobs.add("my-dev-judge-a", run)
    jobs.jobs["dev-judge-of-a-person"] = {}
    assert orphans(ledger, jobs) == []


def test_a_job_that_ends_meanwhile_is_no_failure(jobs: FakeEvaluations, ledger: Ledger) -> None:
    run = open_run(ledger)
    ledger.close(run.id, Outcome.FAILED, "it failed")
    jobs.add("dev-judge-gone", run)
    jobs.add("dev-judge-late", run)
    jobs.ended, jobs.broken = {"dev-judge-gone"}, {"dev-judge-late"}
    fake: Any = jobs
    judges = OrphanedJudges(NAMES, ledger, fake)
    assert [judges.stop(job) for job in judges.find()] == [False]


def test_the_sweep_stops_what_an_aborted_run_left(monkeypatch: pytest.MonkeyPatch, jobs: FakeEvaluations) -> None:
    harness = Harness(monkeypatch)
    run = open_run(harness.ledger)
    harness.machine.executions[run.id] = "RUNNING"
    jobs.add("dev-judge-a", run)
    fake: Any = jobs
    judges = OrphanedJudges(NAMES, harness.ledger, fake)
    assert harness.sweep(judges) == {"closed": {}, "deleted": [], "stopped": []}
    harness.machine.executions[run.id] = "ABORTED"
    swept = harness.sweep(judges)
    assert (list(swept["closed"]), swept["stopped"], jobs.stopped) == ([run.id], ["dev-judge-a"], ["dev-judge-a"])


def test_a_job_that_cannot_be_stopped_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, jobs: FakeEvaluations
) -> None:
    harness = Harness(monkeypatch)
    run = open_run(harness.ledger)
    harness.ledger.close(run.id, Outcome.FAILED, "it failed")
    jobs.add("dev-judge-broken", run)
    jobs.add("dev-judge-b", run)
    jobs.broken = {"dev-judge-broken"}
    fake: Any = jobs
    with pytest.raises(ExceptionGroup, match="failed in part"):
        harness.sweep(OrphanedJudges(NAMES, harness.ledger, fake))
    assert jobs.stopped == ["dev-judge-b"]
