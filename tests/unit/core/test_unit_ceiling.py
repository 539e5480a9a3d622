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
def bedrock() -> Any:
    """Two units of ours, five of another environment with the same prefix."""
    world = World(quotas=Quotas(9))
    for name, environment, units in (("dev-live", "dev", 2), ("dev-two-live", "dev-two", 5)):
        arn = model(world, f"{name}-model", environment)
        world.client().create_provisioned_model_throughput(
            provisionedModelName=name, modelId=arn, modelUnits=units, tags=tags(environment)
        )
    return world.client()


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
