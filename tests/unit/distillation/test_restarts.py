"""A stalled job is restarted once, where the recipe says so and its budget has room for both jobs."""

from decimal import Decimal
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.errors import JobStalled
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe_options import StalledJobs
from distillery.core.spent import spent_by
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.restarts import COSTLESS, JobRestarts
from lambdas.distillation.settle import Settler, TaskTokens
from lambdas.distillation.stalls import DATA_PROCESSING, TRAINING, VALIDATION, StallWatch
from tests.fakes.pipeline import open_run, recipe
from tests.fakes.services import FakeSns
from tests.fakes.table import MemoryTable
from tests.unit.distillation.fakes import FakeBedrock, FakeTokens, job, stalled

NAMES = Names("dev")
REPORT, RESTART, RESTART_BILLED = StalledJobs.REPORT, StalledJobs.RESTART, StalledJobs.RESTART_BILLED


class StalledRun:
    """A run whose job stays in a phase for four days. `step` is one pass of the function that settles jobs."""

    def __init__(self, phase: str, status: str, setting: StalledJobs, **settings: Any) -> None:
        self.table = MemoryTable()
        self.ledger = Ledger(self.table)
        settings = {"budget_usd": Decimal(100), **settings}
        self.run = open_run(self.ledger, recipe(stalled_jobs=setting, **settings))
        self.first, self.second = NAMES.job(self.run.id), NAMES.job(self.run.id, restarted=True)
        self.bedrock, self.tokens, self.topic = FakeBedrock(), FakeTokens(), FakeSns()
        self.ledger.begin(self.run.id, Stage.DISTILLATION)
        self.ledger.count_job_request(self.run.id)
        self.wait_for(self.first, "first")
        self.bedrock.jobs[self.first] = job("InProgress", **stalled(phase, status))

    def wait_for(self, name: str, token: str) -> None:
        self.ledger.add_waiting_job(WaitingJob(job=name, token=token, run=self.run.id))

    def step(self) -> int:
        bedrock: Any = self.bedrock
        tokens: Any = self.tokens
        sns: Any = self.topic
        jobs = CustomizationJobs(bedrock)
        restarts = JobRestarts(NAMES, self.ledger, jobs, "us-east-1")
        watch = StallWatch(NAMES, self.table, Notices("arn:topic", sns), restarts.restart)
        settler = Settler(jobs, TaskTokens(tokens), self.ledger, watch)
        return settler.settle_all(self.ledger.waiting_jobs())

    def end(self, status: str) -> None:
        self.bedrock.jobs[self.first]["status"] = status

    @property
    def notice(self) -> str:
        return str(self.topic.published[-1]["Message"])

    @property
    def reserved(self) -> Decimal:
        return self.ledger.month("support", self.ledger.run(self.run.id).started_at).reserved


@pytest.mark.parametrize(
    ("phase", "status", "setting", "restarted"),
    [
        (VALIDATION, "InProgress", REPORT, False),
        (TRAINING, "NotStarted", REPORT, False),
        (VALIDATION, "NotStarted", RESTART, True),
        (VALIDATION, "InProgress", RESTART, True),
        (DATA_PROCESSING, "NotStarted", RESTART, True),
        (DATA_PROCESSING, "InProgress", RESTART, False),
        (TRAINING, "NotStarted", RESTART, True),
        (TRAINING, "InProgress", RESTART, False),
        (DATA_PROCESSING, "InProgress", RESTART_BILLED, True),
        (TRAINING, "InProgress", RESTART_BILLED, True),
    ],
)
def test_the_recipe_and_the_phase_decide_whether_a_job_is_stopped(
    phase: str, status: str, setting: StalledJobs, restarted: bool
) -> None:
    run = StalledRun(phase, status, setting)
    assert run.step() == 0
    assert run.bedrock.stopped == [run.first] * restarted
    assert ("Nothing was stopped" in run.notice) is not restarted
    assert (run.second in run.notice) is restarted
    assert bool(run.ledger.run(run.run.id).stalled_job) is restarted


def test_the_run_starts_another_job_when_the_first_has_ended_and_not_before() -> None:
    run = StalledRun(TRAINING, "NotStarted", RESTART)
    for _ in range(3):
        assert (run.step(), run.tokens.answers) == (0, {})
    assert len(run.topic.published) == 1
    run.end("Stopped")
    assert run.step() == 1
    assert run.tokens.answers["first"] == (JobStalled.__name__, f"the job {run.first} stalled and is Stopped")
    assert run.ledger.waiting_jobs() == []
    assert run.ledger.run(run.run.id).job_names(NAMES) == (run.first, run.second)


def test_a_request_to_stop_the_job_that_was_lost_is_repeated() -> None:
    run = StalledRun(VALIDATION, "InProgress", RESTART)
    run.bedrock.refuse = {"stop_model_customization_job": "ThrottlingException"}
    with pytest.raises(Exception, match="Throttling"):
        run.step()
    run.bedrock.refuse = {}
    run.step()
    assert run.bedrock.stopped == [run.first]


def test_a_job_that_completes_while_it_is_stopped_gives_its_student() -> None:
    run = StalledRun(TRAINING, "NotStarted", RESTART)
    run.step()
    run.bedrock.jobs[run.first] = job("Completed")
    assert run.step() == 1
    assert run.tokens.answers["first"][0] == ""
    assert run.ledger.run(run.run.id).has_student


def test_a_second_job_that_stalls_is_reported_alone() -> None:
    run = StalledRun(VALIDATION, "InProgress", RESTART)
    run.step()
    run.end("Stopped")
    run.step()
    run.wait_for(run.second, "second")
    run.bedrock.jobs[run.second] = job("InProgress", **stalled(VALIDATION, "InProgress"))
    run.step()
    assert run.bedrock.stopped == [run.first]
    assert f"a run restarts one job, and {run.first} stalled before" in run.notice


@pytest.mark.parametrize(
    ("phase", "status", "billed"), [(DATA_PROCESSING, "NotStarted", False), (TRAINING, "NotStarted", True)]
)
def test_what_the_stopped_job_may_have_cost_is_stated_and_reserved(phase: str, status: str, billed: bool) -> None:
    run = StalledRun(phase, status, RESTART)
    before = run.reserved
    run.step()
    record = run.ledger.run(run.run.id)
    assert (record.stalled_usd > 0) is billed
    assert (run.reserved > before) is billed
    assert (f"up to ${record.stalled_usd}" in run.notice) is billed
    assert (COSTLESS in run.notice) is not billed
    spent = spent_by(record, region="us-east-1", now=clock.now())
    assert f"${record.stalled_usd} for the job {run.first}, which stalled" in spent.parts
    assert spent.usd is not None
    assert spent.usd >= 2 * record.stalled_usd


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        ({"budget_usd": Decimal(10)}, "above its budget of $10"),
        ({"monthly_budget_usd": Decimal(10)}, "monthly budget of recipe 'support'"),
    ],
)
def test_a_budget_without_room_for_both_jobs_keeps_the_job(budget: dict[str, Any], why: str) -> None:
    run = StalledRun(TRAINING, "NotStarted", RESTART, **budget)
    run.step()
    assert (run.bedrock.stopped, run.ledger.run(run.run.id).stalled_job) == ([], "")
    assert why in run.notice


def test_a_run_that_ends_meanwhile_gets_no_second_job() -> None:
    run = StalledRun(VALIDATION, "InProgress", RESTART)
    assert run.ledger.give_up_job(run.run.id, run.first, Decimal(0))
    assert not run.ledger.give_up_job(run.run.id, run.first, Decimal(0))
    other = StalledRun(VALIDATION, "InProgress", RESTART)
    other.ledger.close(other.run.id, Outcome.FAILED, "it was aborted")
    assert not other.ledger.give_up_job(other.run.id, other.first, Decimal(0))
