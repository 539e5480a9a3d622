"""The guard leaves a committed endpoint, tells people of it, and deletes it after its term: simulated Bedrock."""

from dataclasses import replace
from typing import Any, cast

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.executions import Executions
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome
from lambdas.endpoint.committed import CommittedEndpoints
from lambdas.endpoint.hourly import HourlyEndpoints
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.endpoint.sweep import OrphanedEndpoints, Sweep
from simulator_support.fakes import World
from tests.fakes.pipeline import alias, committed, open_run
from tests.fakes.services import FakeSns, FakeSsm, FakeStepFunctions
from tests.fakes.table import MemoryTable
from tests.unit.core.test_inventory import model, tags

NAMES = Names("dev")
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
BOUND, FREE = "dev-support-live", "dev-support-left"


class Guard:
    """An account with a committed endpoint, $20 an hour, and one without. `calls`: the deletions that were tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.table, self.ssm, self.sns = World(quotas=Quotas(9)), MemoryTable(), FakeSsm(), FakeSns()
        monkeypatch.setattr(clock, "timestamp", lambda: self.world.clock.now().timestamp())
        self.bedrock, self.calls = self.world.client(), cast("list[str]", [])
        self.ledger = Ledger(self.table)
        run = open_run(self.ledger, committed())
        self.ledger.close(run.id, Outcome.FAILED, "over")
        made = model(self.world, "dev-support-1")
        self.bound = self.buy(BOUND, made, commitmentDuration="OneMonth")
        self.buy(FREE, made)
        self.world.pass_time(15)
        self.bedrock.meta.events.register(
            "provide-client-params.bedrock.DeleteProvisionedModelThroughput",
            lambda params, **_: self.calls.append(params["provisionedModelId"]),
        )

    def buy(self, name: str, made: str, **more: Any) -> str:
        bought = self.bedrock.create_provisioned_model_throughput(
            provisionedModelName=name, modelId=made, modelUnits=2, tags=tags(run=""), **more
        )
        return str(bought["provisionedModelArn"])

    @property
    def committed(self) -> CommittedEndpoints:
        notices, orphans = Notices("arn:topic", cast("Any", self.sns)), self.orphans
        return CommittedEndpoints(NAMES, self.table, self.ledger, self.bedrock, notices, orphans.claims)

    @property
    def orphans(self) -> OrphanedEndpoints:
        return OrphanedEndpoints(NAMES, self.ledger, Aliases(cast("Any", self.ssm)))

    def sweep(self) -> dict[str, Any]:
        notices = Notices("arn:topic", cast("Any", self.sns))
        machine: Any = FakeStepFunctions()
        acceptances, rollbacks = Acceptances(self.table), Rollbacks(self.table)
        stale = StaleRuns(self.ledger, rollbacks, acceptances, Executions(MACHINE, machine), notices)
        hourly = HourlyEndpoints(NAMES, self.ledger, self.bedrock, self.orphans.claims)
        hosting = hosting_by_mode(self.bedrock)
        return Sweep(self.ledger, stale, self.orphans, hosting, notices, hourly, committed=self.committed).run()

    def names_it(self) -> None:
        """The recipe's alias names the committed endpoint."""
        live = alias()
        endpoint = replace(live.endpoint, arn=self.bound, name=BOUND)
        Aliases(cast("Any", self.ssm)).write(NAMES.alias("support"), replace(live, endpoint=endpoint))

    @property
    def told(self) -> list[str]:
        return [each["Message"] for each in self.sns.published if "commitment" in each["Subject"]]


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    return Guard(monkeypatch)


def test_a_committed_orphan_is_reported_and_no_deletion_is_tried(guard: Guard) -> None:
    for deleted in ([FREE], [], []):
        swept = guard.sweep()
        assert swept["deleted"] == deleted
        assert swept["committed"][BOUND].startswith("bills $20.00 an hour and is committed until 2026-12-")
        guard.world.clock.forward(minutes=15)
    assert guard.calls == [FREE]
    (message,) = guard.told
    assert "bills $20.00 an hour and is committed until 2026-12-" in message
    assert "Nothing names it" in message


def test_people_are_told_again_after_a_week(guard: Guard) -> None:
    for days, told in ((0, 1), (6, 1), (1, 2)):
        guard.world.clock.forward(days=days)
        guard.sweep()
        assert len(guard.told) == told


def test_after_its_first_term_an_orphan_is_deleted_although_it_was_renewed(guard: Guard) -> None:
    guard.world.clock.forward(days=29)
    assert guard.sweep()["deleted"] == [FREE]  # a short month has passed: it is tried, and refused
    assert BOUND in guard.calls
    guard.world.clock.forward(days=2)
    assert guard.sweep() == {"closed": {}, "deleted": [BOUND]}


def test_a_live_endpoint_is_left_and_its_renewal_is_announced_once(guard: Guard) -> None:
    guard.names_it()
    for days, told in ((0, 0), (20, 0), (4, 1), (3, 1)):
        guard.world.clock.forward(days=days)
        swept = guard.sweep()
        assert (BOUND in swept["deleted"], "committed" in swept, len(guard.told)) == (False, False, told)
    assert "AWS then renews the commitment" in guard.told[0]
    assert "Its recipe serves from it" in guard.told[0]


def test_a_committed_endpoint_is_known_by_its_arn(guard: Guard) -> None:
    assert guard.committed.is_committed(guard.bound)
    assert not guard.committed.is_committed("arn:another")
