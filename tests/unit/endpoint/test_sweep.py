"""The sweep releases recipes and deletes unused billed resources after any failure, and changes nothing in use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.executions import Executions
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.leases import LENGTH
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Endpoint, Outcome, Run
from distillery.core.recipe import Recipe
from lambdas.endpoint.hourly import HourlyEndpoints
from lambdas.endpoint.orphaned_judges import OrphanedJudges
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.endpoint.sweep import OrphanedEndpoints, Sweep
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.pipeline import alias, distilled, open_run, provisioned, recipe, student
from tests.fakes.services import FakeSns, FakeSsm, FakeStepFunctions
from tests.fakes.table import MemoryTable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAMES = Names("dev")


class Harness:
    """An account in the state that the sweep finds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = START
        monkeypatch.setattr(clock, "timestamp", lambda: self.at.timestamp())
        self.bedrock, self.ssm, self.sns, self.machine = FakeBedrock(), FakeSsm(), FakeSns(), FakeStepFunctions()
        table = MemoryTable()
        self.ledger, self.rollbacks, self.acceptances = Ledger(table), Rollbacks(table), Acceptances(table)
        bedrock: Any = self.bedrock
        self.hosting = hosting_by_mode(bedrock)

    def sweep(self, judges: OrphanedJudges | None = None) -> dict[str, Any]:
        sns: Any = self.sns
        ssm: Any = self.ssm
        machine: Any = self.machine
        executions = Executions("arn:aws:states:us-east-1:111111111111:stateMachine:pipeline", machine)
        stale_runs = StaleRuns(self.ledger, self.rollbacks, self.acceptances, executions, Notices("arn:topic", sns))
        orphans = OrphanedEndpoints(NAMES, self.ledger, Aliases(ssm))
        bedrock: Any = self.bedrock
        hourly = HourlyEndpoints(NAMES, self.ledger, bedrock, orphans.claims)
        return Sweep(self.ledger, stale_runs, orphans, self.hosting, Notices("arn:topic", sns), hourly, judges).run()

    def host(self, name: str, of: Recipe, run: str | None = None, environment: str = "dev") -> Endpoint:
        tags = {"distillery:environment": environment, "distillery:recipe": of.name}
        tags |= {"distillery:run": run} if run else {}
        made = self.hosting[of.hosting].create(
            name=name, model_arn=student().model_arn, tags=tags, token="t", recipe=of
        )
        self.bedrock.settle()
        return made

    def candidate(self, run: Run) -> Endpoint:
        return self.host(NAMES.candidate(run.id), run.recipe, run.id)

    def alias(self, endpoint: Endpoint, of: str = "support") -> None:
        ssm: Any = self.ssm
        live = replace(alias(of), endpoint=endpoint, current=student().model_arn, previous=None)
        Aliases(ssm).write(NAMES.alias(of), live)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_a_run_on_the_road_keeps_its_candidate(harness: Harness) -> None:
    run = open_run(harness.ledger)
    harness.machine.executions[run.id] = "RUNNING"
    harness.candidate(run)
    assert harness.sweep() == {"closed": {}, "deleted": []}


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT", "FAILED", "SUCCEEDED"])
def test_a_run_whose_execution_ended_is_closed_and_its_candidate_deleted(
    harness: Harness, settings: Recipe, status: str
) -> None:
    run = open_run(harness.ledger, settings)
    harness.machine.executions[run.id] = status
    candidate = harness.candidate(run)
    swept = harness.sweep()
    assert swept["deleted"] == [candidate.name]
    record = harness.ledger.run(run.id)
    assert record.outcome is Outcome.FAILED
    assert status in record.reason
    assert harness.ledger.active() == {}
    closed, acted = harness.sns.published
    assert run.id in closed["Message"]
    assert candidate.name in acted["Message"]
    assert harness.sweep() == {"closed": {}, "deleted": []}
    assert len(harness.sns.published) == 2


def test_a_run_whose_execution_never_started_is_closed_after_an_hour(harness: Harness) -> None:
    run = open_run(harness.ledger)
    harness.at += timedelta(minutes=59)
    assert harness.sweep()["closed"] == {}
    harness.at += timedelta(minutes=2)
    assert list(harness.sweep()["closed"]) == [run.id]


def test_a_roll_back_gives_its_recipe_free_when_its_execution_ended_or_never_began(harness: Harness) -> None:
    ended, missing = (new_holder(HolderKind.ROLLBACK, each, START) for each in ("support", "billing"))
    harness.ledger.lock("support", ended)
    harness.ledger.lock("billing", missing)
    harness.rollbacks.begin(alias(), ended, by="arn:ana")
    harness.machine.executions[ended] = "ABORTED"
    assert list(harness.sweep()["closed"]) == [ended]
    (record,) = harness.rollbacks.of("support")
    assert (record.outcome, record.by) == (Outcome.FAILED, "arn:ana")
    assert harness.ledger.active() == {"billing": missing}
    harness.at += timedelta(hours=2)
    harness.sweep()
    assert harness.ledger.active() == {}


def test_one_bad_item_does_not_stop_the_others_and_is_raised_at_the_end(harness: Harness) -> None:
    bad, good = open_run(harness.ledger, recipe(name="billing")), open_run(harness.ledger)
    harness.machine.executions |= {bad.id: "denied", good.id: "ABORTED"}
    harness.candidate(good)
    harness.bedrock.refuse = {"list_provisioned_model_throughputs": "AccessDeniedException"}
    with pytest.raises(ExceptionGroup) as raised:
        harness.sweep()
    assert len(raised.value.exceptions) == 3  # the execution, and the list for orphans and for what bills by the hour
    assert harness.bedrock.everything() == {}
    assert harness.ledger.active() == {"billing": bad.id}


def test_a_candidate_still_being_created_is_left_to_the_next_sweep(harness: Harness) -> None:
    run = open_run(harness.ledger, provisioned())
    harness.ledger.close(run.id, Outcome.FAILED, "for the test")
    name = harness.candidate(run).name
    harness.bedrock.throughputs[name].status = "Creating"
    assert harness.sweep()["deleted"] == []
    harness.bedrock.settle()
    assert harness.sweep()["deleted"] == [name]


def test_a_live_endpoint_stays_while_its_alias_names_it(harness: Harness) -> None:
    live = harness.host("dev-support-live-abcde", recipe())
    old = harness.host("dev-support-live-fghij", provisioned())
    harness.alias(live)
    assert harness.sweep()["deleted"] == [old.name]


def test_a_live_endpoint_without_an_alias_stays_while_its_recipe_is_on_the_road(harness: Harness) -> None:
    run = open_run(harness.ledger)
    harness.machine.executions[run.id] = "RUNNING"
    live = harness.host("dev-support-live-abcde", recipe())
    assert harness.sweep()["deleted"] == []
    harness.machine.executions[run.id] = "ABORTED"
    assert harness.sweep()["deleted"] == [live.name]


@pytest.mark.parametrize("environment", ["dev-2", "prod"])
def test_what_is_tagged_for_another_environment_is_not_ours(harness: Harness, environment: str) -> None:
    harness.host("dev-2-support-x-candidate", recipe(), "2-support-x", environment)
    assert harness.sweep()["deleted"] == []


def test_the_sweep_works_before_deployments_existed(harness: Harness) -> None:
    harness.bedrock.refuse = {"list_custom_model_deployments": "UnknownOperationException"}
    run = open_run(harness.ledger, provisioned())
    harness.machine.executions[run.id] = "ABORTED"
    candidate = harness.candidate(run)
    assert harness.sweep()["deleted"] == [candidate.name]


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_a_candidate_is_kept_until_its_lease_expires(harness: Harness, settings: Recipe) -> None:
    run = open_run(harness.ledger, settings)
    harness.machine.executions[run.id] = "RUNNING"
    harness.ledger.leases.take(run.id, owner="arn:ana", purpose="evaluation")
    candidate = harness.candidate(run)
    harness.at += LENGTH - timedelta(minutes=1)
    assert harness.sweep()["deleted"] == []
    harness.ledger.leases.renew(run.id)
    harness.at += LENGTH - timedelta(minutes=1)
    assert harness.sweep()["deleted"] == []
    harness.at += timedelta(minutes=1)
    assert harness.sweep() == {"closed": {}, "deleted": [candidate.name]}


def test_a_lease_without_an_active_run_is_respected_and_ends_with_its_run(harness: Harness) -> None:
    run = open_run(harness.ledger)
    candidate = harness.candidate(run)
    harness.ledger.close(run.id, Outcome.FAILED, "for the test")
    harness.ledger.leases.take(run.id, owner="arn:ana", purpose="a measurement")
    assert harness.sweep()["deleted"] == []
    harness.ledger.close(run.id, Outcome.FAILED, "again")
    assert harness.sweep()["deleted"] == [candidate.name]


def test_an_evaluation_is_closed_when_its_own_execution_ended(harness: Harness) -> None:
    run = open_run(harness.ledger)
    distilled(harness.ledger, run, "a")
    harness.machine.executions[run.id] = "FAILED"
    harness.ledger.close(run.id, Outcome.FAILED, "for the test")
    harness.at += timedelta(days=3)
    Evaluations(harness.ledger._table).begin(run.id, "evaluation-support-x", by="arn:ana", reason="")
    candidate = harness.candidate(run)
    assert harness.sweep() == {"closed": {}, "deleted": []}
    harness.machine.executions["evaluation-support-x"] = "RUNNING"
    harness.at += timedelta(days=1)
    assert harness.sweep() == {"closed": {}, "deleted": []}
    harness.machine.executions["evaluation-support-x"] = "ABORTED"
    swept = harness.sweep()
    assert (list(swept["closed"]), swept["deleted"]) == ([run.id], [candidate.name])
    assert harness.ledger.run(run.id).outcome is Outcome.FAILED
