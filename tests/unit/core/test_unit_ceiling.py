"""The ceiling of model units is checked before an endpoint is created."""

from typing import Any

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core.errors import QuotaTooSmall
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from distillery.core.unit_ceiling import UnitCeiling
from simulator_support.fakes import World
from tests.fakes.pipeline import provisioned, recipe
from tests.unit.core.test_inventory import model, tags

NAMES = Names("dev")


@pytest.fixture(scope="module")
def world() -> World:
    """Two units of ours, five of another environment with the same prefix."""
    world = World(quotas=Quotas(12))
    host(world, "dev-live", "dev", 2)
    host(world, "dev-two-live", "dev-two", 5)
    return world


@pytest.fixture(scope="module")
def bedrock(world: World) -> Any:
    return world.client()


def host(world: World, name: str, environment: str, units: int, run: str = "") -> None:
    """Hosts a model; a candidate is an endpoint of a run."""
    arn = model(world, f"{name}-model", environment)
    world.client().create_provisioned_model_throughput(
        provisionedModelName=name, modelId=arn, modelUnits=units, tags=tags(environment, run=run)
    )


@pytest.mark.parametrize(
    ("most", "name", "of", "refused"),
    [
        (None, "dev-new", provisioned(), False),
        (4, "dev-new", provisioned(), False),
        (3, "dev-new", provisioned(), True),
        (3, "dev-live", provisioned(), False),
        (1, "dev-new", recipe(), False),
        (1, "dev-new", recipe(model_units=9), False),
    ],
    ids=["no ceiling", "exactly", "above", "it exists", "by the token", "units of a deployment count nothing"],
)
def test_an_endpoint_above_the_ceiling_is_refused(
    bedrock: Any, most: int | None, name: str, of: Recipe, refused: bool
) -> None:
    ceiling = UnitCeiling(NAMES, most)
    if not refused:
        ceiling.check(name, of, bedrock)
        return
    with pytest.raises(QuotaTooSmall, match=r"needs 2 model units, and environment 'dev' has 2 of the 3 that"):
        ceiling.check(name, of, bedrock)


@pytest.mark.parametrize(
    ("most", "of", "refused"),
    [
        (None, provisioned(), False),
        (4, provisioned(), False),
        (3, provisioned(), True),
        (1, recipe(), False),
    ],
    ids=["no ceiling", "exactly", "above", "by the token"],
)
def test_a_run_whose_candidate_has_no_room_beside_what_is_live_is_refused(
    bedrock: Any, most: int | None, of: Recipe, refused: bool
) -> None:
    ceiling = UnitCeiling(NAMES, most)
    if not refused:
        ceiling.check_run(of, bedrock)
        return
    with pytest.raises(QuotaTooSmall) as found:
        ceiling.check_run(of, bedrock)
    for part in (
        "needs 2 model units",
        "have 2 of the 3",
        "dev-live 2",
        "allowed: 1 or fewer",
        "Raise max_model_units",
    ):
        assert part in str(found.value)


def test_an_endpoint_that_rests_counts_as_live_for_a_new_run(bedrock: Any) -> None:
    with pytest.raises(QuotaTooSmall, match=r"dev-resting 2, dev-live 2; allowed: 1 or fewer"):
        UnitCeiling(NAMES, 5, {"dev-resting": 2}).check_run(provisioned(), bedrock)


def test_candidates_of_other_runs_refuse_no_run(caplog: pytest.LogCaptureFixture) -> None:
    world = World(quotas=Quotas(4))
    host(world, "dev-live", "dev", 2)
    host(world, "dev-other-candidate", "dev", 1, run="other")
    UnitCeiling(NAMES, 4).check_run(provisioned(), world.client())
    assert "no room until dev-other-candidate are released" in caplog.text


PAUSED = {"dev-resting": 2}


@pytest.mark.parametrize(
    ("most", "name", "resting", "refused"),
    [
        (5, "dev-new", PAUSED, True),
        (6, "dev-new", PAUSED, False),
        (4, "dev-resting", PAUSED, False),
        (4, "dev-new", {"dev-live": 2}, False),
        (5, "dev-new", {"dev-live": 9}, False),
    ],
    ids=["taken by the paused one", "beside it", "it opens itself", "it serves and counts once", "as it is bought"],
)
def test_an_endpoint_that_rests_keeps_its_units(
    bedrock: Any, most: int, name: str, resting: dict[str, int], refused: bool
) -> None:
    ceiling = UnitCeiling(NAMES, most, resting)
    if not refused:
        ceiling.check(name, provisioned(), bedrock)
        return
    with pytest.raises(QuotaTooSmall, match=r"has 4 of the 5 that max_model_units allows, by dev-resting, dev-live"):
        ceiling.check(name, provisioned(), bedrock)
