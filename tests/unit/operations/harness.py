"""Operators' requests with fake services, and what else changes a run: steps, the sweep, and the poll of jobs."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core import aws, clock
from distillery.core.aliases import Aliases
from distillery.core.env_vars import Variable
from distillery.core.executions import Executions
from distillery.core.function_url import Caller
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Run, Stage, Student
from distillery.core.recipe import Recipe
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.settle import Settler, TaskTokens
from lambdas.endpoint.hourly import HourlyEndpoints
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.endpoint.sweep import OrphanedEndpoints, Sweep
from lambdas.operations.handler import operate
from tests.fakes.bedrock import FakeBedrock as FakeHosting
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.errors import service_error
from tests.fakes.pipeline import distilled, open_run, recipe
from tests.fakes.services import FakeSns, FakeSsm, FakeStepFunctions, MemoryStore
from tests.fakes.table import MemoryTable
from tests.unit.distillation.fakes import MADE, FakeTokens, job
from tests.unit.distillation.fakes import FakeBedrock as FakeJobs

MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
NAMES = Names("dev")
WHY = "wrong prompts"


class FakeBedrock:
    """Jobs and endpoints. judges: name → tags of the evaluation jobs in progress. gone: whether models are deleted."""

    def __init__(self) -> None:
        self.jobs, self.hosting = FakeJobs(), FakeHosting()
        self.judges: dict[str, dict[str, str]] = {}
        self.gone = False
        self.meta = SimpleNamespace(region_name="us-east-1")

    def __getattr__(self, name: str) -> Any:
        of_jobs = "customization_job" in name or name == "get_custom_model"
        return getattr(self.jobs if of_jobs else self.hosting, name)

    def get_custom_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if self.gone:
            raise service_error("ResourceNotFoundException")
        return self.jobs.get_custom_model(modelIdentifier=modelIdentifier)

    def list_tags_for_resource(self, *, resourceARN: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if resourceARN in self.judges:
            return {"tags": [{"key": key, "value": value} for key, value in self.judges[resourceARN].items()]}
        return self.hosting.list_tags_for_resource(resourceARN=resourceARN)

    def stop_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        del self.judges[jobIdentifier]
        return {}

    def get_paginator(self, operation: str) -> Any:
        if operation != "list_evaluation_jobs":
            return self.hosting.get_paginator(operation)
        at = datetime(2026, 11, 23, tzinfo=UTC)
        rows = [{"jobArn": name, "jobName": name, "creationTime": at, "status": "InProgress"} for name in self.judges]
        return SimpleNamespace(paginate=lambda **_: iter([{"jobSummaries": rows}]))


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 11, 23, 9, tzinfo=UTC)
        monkeypatch.setattr(clock, "timestamp", lambda: self.at.timestamp())
        self.bedrock, self.machine, self.sns, self.store = FakeBedrock(), FakeStepFunctions(), FakeSns(), MemoryStore()
        self.ssm, self.tokens, self.table = FakeSsm(), FakeTokens(), MemoryTable()
        self.ledger = Ledger(self.table)
        services = {"bedrock": self.bedrock, "stepfunctions": self.machine, "sns": self.sns, "ssm": self.ssm}
        monkeypatch.setattr(aws, "_client", lambda service, region: services[service])
        monkeypatch.setattr("lambdas.operations.stop.Table", lambda name: self.table)
        monkeypatch.setattr("lambdas.operations.resume.Table", lambda name: self.table)
        monkeypatch.setattr("lambdas.operations.resume.ObjectStore", lambda: self.store)
        self.recipes = {"support": recipe()}
        monkeypatch.setattr("distillery.core.recipe.load_all", lambda: self.recipes)
        monkeypatch.setattr("distillery.core.recipe.load", lambda name: self.recipes[name])
        values = {"ENVIRONMENT": "dev", "LEDGER": "ledger", "TOPIC": "arn:topic", "STATE_MACHINE": MACHINE}
        for variable, value in {**values, "DATA_BUCKET": "data"}.items():
            monkeypatch.setenv(Variable[variable], value)

    # what a run does

    def begin(self, of: Recipe | None = None) -> Run:
        run = open_run(self.ledger, of)
        self.machine.executions[run.id] = "RUNNING"
        self.store.objects[run.dataset.heldout_uri] = b""
        return run

    def train(self, run: Run, status: str = "InProgress") -> None:
        """A job was requested, and the run waits for it."""
        self.ledger.begin(run.id, Stage.DISTILLATION)
        self.ledger.count_job_request(run.id)
        self.bedrock.jobs.jobs[NAMES.job(run.id)] = job(status)

    def made(self, run: Run) -> Student:
        self.train(run, "Completed")
        return distilled(self.ledger, run, "a")

    def host(self, run: Run, *, ready: bool = True) -> None:
        """The candidate of a run."""
        self.ledger.begin(run.id, Stage.ENDPOINT)
        self.ledger.leases.take(run.id, owner=run.id, purpose="evaluation")
        bedrock: Any = self.bedrock
        tags = {TAG_ENVIRONMENT: "dev", TAG_RECIPE: run.recipe.name, TAG_RUN: run.id}
        hosting = hosting_by_mode(bedrock)[run.recipe.hosting]
        name = NAMES.candidate(run.id)
        hosting.create(name=name, model_arn=MADE.model_arn, tags=tags, token="t", recipe=run.recipe)
        if ready:
            self.bedrock.hosting.settle()

    def judge(self, run: Run, name: str = "dev-judge-a") -> None:
        self.bedrock.judges[name] = {TAG_ENVIRONMENT: "dev", TAG_RECIPE: run.recipe.name, TAG_RUN: run.id}

    # what people and schedules do

    def stop(self, run: Run | str, by: Caller = ANA, /, **asked: Any) -> tuple[int, Any]:
        body = {"run": run if isinstance(run, str) else run.id, "reason": WHY, **asked}
        return response(operate(event(body, by) | {"rawPath": "/stop"}, HERE))

    def resume(self, run: Run, by: Caller = ANA, /, **asked: Any) -> tuple[int, Any]:
        self.at += timedelta(minutes=1)  # an execution is named by the second
        asking = event({"run": run.id, "reason": WHY, **asked}, by) | {"rawPath": "/resume"}
        status, answer = response(operate(asking, HERE))
        if status == 200:
            self.machine.executions[answer["execution"]] = "RUNNING"
        return status, answer

    def sweep(self) -> dict[str, Any]:
        bedrock: Any = self.bedrock
        machine: Any = self.machine
        sns: Any = self.sns
        ssm: Any = self.ssm
        rollbacks, acceptances = Rollbacks(self.table), Acceptances(self.table)
        executions, notices = Executions(MACHINE, machine), Notices("arn:topic", sns)
        stale = StaleRuns(self.ledger, rollbacks, acceptances, executions, notices)
        orphans = OrphanedEndpoints(NAMES, self.ledger, Aliases(ssm))
        hourly = HourlyEndpoints(NAMES, self.ledger, bedrock, orphans.claims)
        return Sweep(self.ledger, stale, orphans, hosting_by_mode(bedrock), notices, hourly).run()

    def settle(self) -> int:
        jobs: Any = self.bedrock.jobs
        tokens: Any = self.tokens
        return Settler(CustomizationJobs(jobs), TaskTokens(tokens), self.ledger).settle_all(self.ledger.waiting_jobs())

    # what is looked at

    def record(self, run: Run) -> RunRecord:
        return self.ledger.run(run.id)

    @property
    def billing(self) -> list[str]:
        """What bills: jobs in progress and endpoints."""
        jobs = [name for name, found in self.bedrock.jobs.jobs.items() if found["status"] == "InProgress"]
        return [*jobs, *self.bedrock.hosting.everything(), *self.bedrock.judges]
