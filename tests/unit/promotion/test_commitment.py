"""A live endpoint under a commitment, on the simulated Bedrock: bought once, acknowledged, and then updated."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.commitment import Commitments
from distillery.core.errors import EndpointChanging, NotAcknowledged
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names, token
from distillery.core.pipeline import EndpointStatus, Student
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import CommitmentTerm
from lambdas.endpoint.handler import Candidate
from lambdas.promotion.live import LiveEndpoint
from lambdas.promotion.target import PromotionTarget
from simulator_support.fakes import World
from tests.fakes.pipeline import committed, open_run, provisioned, recipe
from tests.fakes.services import FakeSsm
from tests.fakes.table import MemoryTable
from tests.unit.core.test_inventory import model

NAMES = Names("dev")
LIVE = NAMES.live("support", "amazon.nova-micro-v1:0")


@dataclass
class Account:
    """An account at its time. `sent`: the requests that create Provisioned Throughput."""

    world: World = field(default_factory=lambda: World(quotas=Quotas(20)))
    sent: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bedrock = self.world.client()
        self.models = [model(self.world, f"dev-model-{number}") for number in range(2)]
        self.bedrock.meta.events.register(
            "provide-client-params.bedrock.CreateProvisionedModelThroughput",
            lambda params, **_: self.sent.append(dict(params)),
        )

    def live(self, *settings: Recipe) -> LiveEndpoint:
        """The live endpoint under these settings."""
        ssm: Any = FakeSsm()
        commitments = Commitments.of_recipes(NAMES, settings)
        return LiveEndpoint(NAMES, hosting_by_mode(self.bedrock), Aliases(ssm), commitments=commitments)

    def target(self, number: int = 0, of: Recipe | None = None, mover: str = "run-1") -> PromotionTarget:
        return PromotionTarget(recipe=of or provisioned(), model_arn=self.models[number], run="run-1", mover=mover)

    @property
    def bought(self) -> list[str | None]:
        return [each.get("commitmentDuration") for each in self.sent]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(clock, "timestamp", lambda: made.world.clock.now().timestamp())
    return made


@pytest.mark.parametrize(
    ("settings", "bought"),
    [
        (provisioned(), None),
        (committed(commitment_acknowledged=date(2026, 12, 1)), "OneMonth"),
        (committed(commitment=CommitmentTerm.SIX_MONTHS, commitment_acknowledged=date(2026, 12, 1)), "SixMonths"),
    ],
)
def test_the_live_endpoint_is_bought_once_and_then_updated(
    account: Account, settings: Recipe, bought: str | None
) -> None:
    until(account, date(2026, 12, 1))
    live = account.live(settings)
    first, second = account.target(), account.target(1, mover="run-2")
    endpoint = live.promote(first)
    assert live.promote(first) == endpoint
    account.world.clock.forward(minutes=11)
    assert live.describe(first) is EndpointStatus.READY
    later = account.live(committed(commitment_acknowledged=date(2020, 1, 1)))
    assert later.promote(second) == endpoint  # by an update, for which no acknowledgement is too old
    account.world.clock.forward(minutes=6)
    assert later.describe(second) is EndpointStatus.READY
    assert account.bought == [bought]
    covered = token("run-1", "live", *filter(None, [settings.commitment]))
    assert [each["clientRequestToken"] for each in account.sent] == [covered]
    assert (covered == token("run-1", "live")) is (bought is None)


def test_an_old_acknowledgement_buys_nothing(account: Account) -> None:
    until(account, date(2026, 12, 21))
    with pytest.raises(NotAcknowledged, match="is 2026-11-20; allowed: a day from 2026-11-21 to 2026-12-21"):
        account.live(committed()).promote(account.target())
    assert account.sent == []
    renewed = account.live(committed(commitment_acknowledged=date(2026, 12, 21)))
    renewed.promote(account.target())  # the run's copy of the recipe is as old as before
    assert account.bought == ["OneMonth"]


def test_a_commitment_that_the_settings_have_lost_is_not_bought(account: Account) -> None:
    account.live(provisioned()).promote(account.target(of=committed()))
    assert account.bought == [None]


def test_a_deployment_has_no_commitment(account: Account) -> None:
    endpoint = account.live(committed()).promote(account.target(of=recipe()))
    assert ":custom-model-deployment/" in endpoint.arn
    assert account.sent == []


def test_a_candidate_is_never_committed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMITMENTS", Commitments.of_recipes(NAMES, [committed()]).variables.popitem()[1])
    table = MemoryTable()
    ledger = Ledger(table)
    run = open_run(ledger, committed())
    hosting = hosting_by_mode(account.bedrock)[run.recipe.hosting]
    Candidate(run, NAMES, hosting, ledger, Leases(table)).create(Student(model_arn=account.models[0], job_arn=""))
    assert account.bought == [None]


def test_a_committed_endpoint_is_not_deleted(account: Account) -> None:
    live = account.live(committed())
    live.promote(account.target())
    account.world.clock.forward(days=2)
    with pytest.raises(EndpointChanging):
        live.hosting[provisioned().hosting].delete(LIVE)


def until(account: Account, day: date) -> None:
    """Moves the clock to that day."""
    now = account.world.clock.now()
    account.world.clock.forward(days=(day - now.date()).days)
