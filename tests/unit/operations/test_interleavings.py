"""Stops, resumptions, steps and schedules in any order: nobody pays twice, and nothing bills for a run that ended."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, RunStopped
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.pipeline import Outcome, Stage
from lambdas.endpoint.handler import Candidate
from simulator_support.thoroughness import cases
from tests.unit.distillation.fakes import MADE, job
from tests.unit.operations.harness import NAMES, Harness

EVENTS = (
    *("stop", "stop", "resume", "resume", "request job", "job completes", "job fails", "settle"),
    *("create candidate", "candidate is ready", "release", "claim promotion", "promoted", "rejected", "failed"),
    *("sweep", "throttle", "recover"),
)


class World:
    """One run of one recipe. Each event does what the real one may do at any time, and nothing if it cannot."""

    def __init__(self, harness: Harness) -> None:
        self.of, self.run = harness, harness.begin()
        self.trained: Counter[str] = Counter()
        self.claimed = ""
        bedrock: Any = harness.bedrock
        leases = harness.ledger.leases
        self.candidate = Candidate(
            self.run, NAMES, hosting_by_mode(bedrock)[self.run.recipe.hosting], harness.ledger, leases
        )

    @property
    def name(self) -> str:
        return NAMES.job(self.run.id)

    @property
    def execution(self) -> str:
        return self.of.record(self.run).latest_execution

    @property
    def works(self) -> bool:
        """Whether an execution takes the next step."""
        return self.of.machine.executions.get(self.execution) == "RUNNING"

    def step(self, event: str) -> None:
        try:
            getattr(self, event.replace(" ", "_"))()
        except (BadRequest, RunStopped) as refused:
            self.end(Outcome.FAILED, str(refused))  # the guarded exit
        except ClientError:
            pass  # a function that failed; whoever called it may call it again

    def stop(self) -> None:
        going = self.of.record(self.run).is_going_live
        status, answer = self.of.stop(self.run)
        if going:
            assert (status, answer["error"]["type"]) == (409, "NothingToStop")

    def resume(self) -> None:
        had = self.of.record(self.run)
        status, answer = self.of.resume(self.run)
        assert (status == 200) <= (had.outcome in (Outcome.FAILED, Outcome.STOPPED)), answer

    def request_job(self) -> None:
        record = self.of.record(self.run)
        if not self.works or record.execution or record.has_student or self.name in self.of.bedrock.jobs.jobs:
            return
        self.of.ledger.begin(self.run.id, Stage.DISTILLATION)
        self.of.ledger.add_waiting_job(WaitingJob(job=self.name, token="t", run=self.run.id))
        self.of.ledger.count_job_request(self.run.id)
        self.of.bedrock.jobs.jobs[self.name] = job("InProgress")
        self.trained[self.name] += 1

    def job_completes(self) -> None:
        self._job_ends("Completed")

    def job_fails(self) -> None:
        self._job_ends("Failed")

    def _job_ends(self, status: str) -> None:
        found = self.of.bedrock.jobs.jobs.get(self.name, {})
        if found.get("status") == "InProgress":
            self.of.bedrock.jobs.jobs[self.name] = job(status)
        elif found.get("status") == "Stopping":
            self.of.bedrock.jobs.jobs[self.name] = job("Stopped")

    def settle(self) -> None:
        self.of.settle()

    def create_candidate(self) -> None:
        if self.works and self.of.record(self.run).has_student:
            replace(self.candidate, evaluation=self.of.record(self.run).execution).create(MADE)

    def candidate_is_ready(self) -> None:
        self.of.bedrock.hosting.settle()

    def release(self) -> None:
        if self.works and NAMES.candidate(self.run.id) in self.of.bedrock.hosting.deployments:
            self.of.bedrock.hosting.settle()
            self.candidate.release()

    def claim_promotion(self) -> None:
        if self.works and self.of.record(self.run).has_student:
            self.of.ledger.stops.claim_promotion(self.run.id)
            self.claimed = self.execution

    def promoted(self) -> None:
        if self.works and self.claimed == self.execution:
            self.end(Outcome.PROMOTED, "live")

    def rejected(self) -> None:
        if self.works and self.of.record(self.run).has_student and self.claimed != self.execution:
            self.end(Outcome.REJECTED, "the bars")

    def failed(self) -> None:
        if self.works:
            self.end(Outcome.FAILED, "a step failed")

    def end(self, outcome: Outcome, reason: str) -> None:
        """The last states of an execution: what it left is cleaned up, and the run closed."""
        if self.works:
            execution = self.execution
            self.of.ledger.close(self.run.id, outcome, reason)
            self.of.machine.executions[execution] = "SUCCEEDED"

    def sweep(self) -> None:
        self.of.sweep()

    def throttle(self) -> None:
        self.of.bedrock.jobs.refuse["stop_model_customization_job"] = "ThrottlingException"
        self.of.bedrock.hosting.refuse["delete_custom_model_deployment"] = "ThrottlingException"

    def recover(self) -> None:
        self.of.bedrock.jobs.refuse.clear()
        self.of.bedrock.hosting.refuse.clear()


@pytest.mark.slow
@settings(max_examples=cases(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(st.sampled_from(EVENTS), max_size=25))
def test_any_order_of_stops_resumptions_and_steps_ends_without_a_bill(events: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        world = World(Harness(patch))
        for event in events:
            before = world.of.record(world.run)
            world.step(event)
            after = world.of.record(world.run)
            if before.is_going_live and event == "stop":
                assert after == before
            if before.stop and after.stop and before.stop.execution == after.stop.execution:
                assert after.stop == before.stop  # the first request of an execution counts
        _settle_everything(world)
        record = world.of.record(world.run)
        assert record.outcome is not Outcome.RUNNING
        assert record.outcome is not Outcome.STOPPED or (record.reason and record.closed_by), record
        assert (world.of.billing, world.of.ledger.active(), world.of.ledger.waiting_jobs()) == ([], {}, [])
        assert world.trained[world.name] <= 1
        month = world.of.ledger.month("support", record.opened)
        assert (world.run.id in month.runs) is not record.incurred_no_cost
        if record.outcome in (Outcome.FAILED, Outcome.STOPPED):
            completed = world.of.bedrock.jobs.jobs.get(world.name, {}).get("status") == "Completed"
            assert (world.of.resume(world.run)[0] == 200) is completed


def _settle_everything(world: World) -> None:
    """What happens by itself in the end: services recover, the execution ends, and the schedules run."""
    world.recover()
    world.of.at = world.of.at.replace(year=2027)
    if world.works:
        world.end(Outcome.PROMOTED if world.claimed == world.execution else Outcome.FAILED, "the end")
    for _ in range(3):
        world.of.bedrock.hosting.settle()
        world.job_completes()
        world.step("settle")
        world.step("sweep")
