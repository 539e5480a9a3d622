"""Business hours on the simulator's engine with the synthesized state machine, in virtual time and with faults."""

import logging
from collections.abc import Iterator

import pytest

from distillery.core.inventory import take_throughputs
from tests.faults.cloud import Cloud
from tests.faults.deployment import deployed, forget_clients
from tests.faults.hours import begin_hours, forward_until, guard_passes, live, run, sample
from tests.faults.invariants import NAMES, alias_of
from tests.faults.kinds import FaultKind, Point, Site
from tests.faults.sweep import upload

pytestmark = pytest.mark.slow
SHARE, SEED = 0.04, "1"


@pytest.fixture(scope="module", autouse=True)
def _own_clients() -> Iterator[None]:
    """Functions that fail log tracebacks, which nobody reads here."""
    forget_clients()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    forget_clients()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A recipe with a live endpoint, at the end of its hours."""
    with deployed(live()) as cloud:
        upload(cloud)
        begin_hours(cloud)
        forward_until(cloud, is_open=True)
        guard_passes(cloud, 4)
        forward_until(cloud, is_open=False)
        yield cloud


def units(cloud: Cloud) -> int:
    held = take_throughputs(NAMES, cloud.world.client("bedrock", "us-east-1"))
    return sum(each.units for each in held)


def test_at_night_no_unit_bills_and_in_the_morning_the_same_model_serves_under_a_new_arn(cloud: Cloud) -> None:
    evening = alias_of(cloud)
    assert evening is not None
    assert (evening.paused, units(cloud)) == (None, 1)
    guard_passes(cloud, 2)
    night = alias_of(cloud)
    assert night is not None
    assert night.paused is not None
    assert (night.serving_arn, units(cloud)) == (None, 0)
    forward_until(cloud, is_open=True)
    guard_passes(cloud, 4)
    morning = alias_of(cloud)
    assert morning is not None
    assert (morning.paused, units(cloud)) == (None, 1)
    assert morning.endpoint.arn != evening.endpoint.arn
    assert (morning.current, morning.version) == (evening.current, evening.version)


def test_without_capacity_the_alias_stays_paused_and_people_are_notified_once(cloud: Cloud) -> None:
    guard_passes(cloud, 2)
    bedrock, paused = cloud.world.client("bedrock", "us-east-1"), alias_of(cloud)
    assert paused is not None
    taken = bedrock.create_provisioned_model_throughput(
        provisionedModelName="of-others", modelId=paused.current, modelUnits=4
    )
    cloud.world.clock.forward(hours=2)
    before = len(cloud.sns.published)
    forward_until(cloud, is_open=True)
    guard_passes(cloud, 4)
    still = alias_of(cloud)
    assert still is not None
    assert still.paused == paused.paused
    (notice,) = cloud.sns.published[before:]
    assert notice["Subject"] == "Distillery: support does not serve"
    assert "may not host" in notice["Message"]
    bedrock.delete_provisioned_model_throughput(provisionedModelId=taken["provisionedModelArn"])
    guard_passes(cloud, 4)
    serving = alias_of(cloud)
    assert serving is not None
    assert (serving.paused, units(cloud)) == (None, 1)


def test_a_share_of_all_faults_leaves_no_endpoint_and_no_lock() -> None:
    found = {
        f"{'opening' if is_open else 'pause'}, {point}": broken
        for point, is_open in sample(SHARE, SEED)
        if (broken := run(point, is_open=is_open)[0])
    }
    assert found == {}


def test_a_pause_that_nobody_repeats_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a guard that starts nothing leaves an endpoint that bills at night."""
    monkeypatch.setattr("lambdas.endpoint.business_hours.BusinessHoursKeeper.keep", lambda _: {})
    broken, _ = run(None, is_open=False)
    assert any("the alias is None while the hours are closed" in each for each in broken), broken


def test_an_endpoint_that_a_killed_pause_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.endpoint.sweep.Sweep._delete", lambda *_: [])
    site = Site("PromotionFunction.delete", "bedrock", "DeleteProvisionedModelThroughput", 1)
    broken, _ = run(Point("provisioned", site, FaultKind.DENIED), is_open=False)
    assert any("are hosted, and the alias names None" in each for each in broken), broken
