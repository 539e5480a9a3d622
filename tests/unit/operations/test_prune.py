"""The function that lists and deletes models, against the simulated Bedrock."""

from datetime import timedelta
from typing import Any

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core import aws, clock, inventory
from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from distillery.core.model_leases import LENGTH, lease_end, lease_tag
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from lambdas.operations.deletion_handler import prune
from simulator_support.fakes import World, distilled
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.pipeline import recipe
from tests.fakes.services import FakeSsm
from tests.fakes.table import MemoryTable


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.table = World(quotas=Quotas(9)), MemoryTable()
        self.ledger = Ledger(self.table)
        self.ssm, self.recipes = FakeSsm(), {"support": recipe()}
        self.connect(monkeypatch)

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lets the handlers find the simulated account."""
        services = {"bedrock": self.world.client(), "ssm": self.ssm}
        monkeypatch.setattr(aws, "_client", lambda service, region: services[service])
        for verb in ("prune", "retire"):
            monkeypatch.setattr(f"lambdas.operations.{verb}.Table", lambda name: self.table)
        monkeypatch.setattr("distillery.core.recipe.load_all", lambda: self.recipes)
        for variable, value in {"ENVIRONMENT": "dev", "LEDGER": "ledger"}.items():
            monkeypatch.setenv(Variable[variable], value)

    def model(self, number: int, of: str = "support", environment: str = "dev") -> str:
        tags = {TAG_ENVIRONMENT: environment, TAG_RECIPE: of, TAG_RUN: f"{of}-aaaaa-bbbbbbbb-{number}"}
        tagged: Any = [{"key": key, "value": value} for key, value in tags.items()]
        name = f"{environment}-{of}-{number}"
        return distilled(self.world, name, customModelName=name, jobTags=tagged, customModelTags=tagged)

    def ask(self, **asked: Any) -> tuple[int, Any]:
        return response(prune(event({"recipe": "support", "keep": 0, **asked}, ANA), HERE))


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_a_list_deletes_nothing_and_names_recipes_that_left_the_settings(harness: Harness) -> None:
    first, _, other = harness.model(1), harness.model(2), harness.model(1, "billing")
    harness.model(1, "support", "staging")
    status, told = harness.ask(keep=1)
    assert (status, told["deleted"], told["recipes"]) == (200, [], ["billing", "support"])
    assert [each["arn"] for each in told["models"] if not each["needed"]] == [first]
    assert len(told["models"]) == 2
    assert harness.ask(recipe="billing")[1]["models"][0]["arn"] == other


def test_what_was_confirmed_and_nothing_needs_is_deleted_once(harness: Harness) -> None:
    first, second, foreign = harness.model(1), harness.model(2), harness.model(3, "support", "staging")
    status, told = harness.ask(keep=1, delete=[first, second, foreign])
    assert (status, told["deleted"]) == (200, [first])
    assert {each["arn"]: each["why"] for each in told["left"]} == {
        second: "one of the newest of support",
        foreign: "the recipe has no such model",
    }
    assert harness.ask(keep=1, delete=[first])[1]["deleted"] == []
    assert harness.ledger.active() == {}
    assert [each["arn"] for each in harness.ask()[1]["models"]] == [second]


def test_a_model_that_an_endpoint_began_to_serve_meanwhile_stays(harness: Harness) -> None:
    arn = harness.model(1)
    tags = [{"key": TAG_ENVIRONMENT, "value": "dev"}]
    harness.world.client().create_custom_model_deployment(
        modelDeploymentName="dev-support-live", modelArn=arn, tags=tags
    )
    (left,) = harness.ask(delete=[arn])[1]["left"]
    assert left["why"] == "dev-support-live serves it"


def test_nothing_is_deleted_while_something_has_the_recipe(harness: Harness) -> None:
    arn = harness.model(1)
    harness.ledger.lock("support", "rollback-support-20261123T090807Z")
    status, refused = harness.ask(delete=[arn])
    assert (status, refused["error"]["type"]) == (409, "RunActive")
    assert harness.ask()[1]["models"][0]["needed"] == "rollback-support-20261123T090807Z has its recipe"


@pytest.mark.parametrize(("asked", "code"), [({"keep": -1}, 400), ({"delete": "all"}, 400)])
def test_a_request_of_another_shape_deletes_nothing(harness: Harness, asked: dict[str, Any], code: int) -> None:
    harness.model(1)
    assert harness.ask(**asked)[0] == code
    assert len(harness.ask()[1]["models"]) == 1


def test_only_deciders_may(harness: Harness) -> None:
    harness.recipes = {"support": recipe(deciders=("assumed-role/leads/*",))}
    assert harness.ask()[0] == 403


def test_a_lease_that_another_environment_took_after_the_list_keeps_a_model(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, bedrock = harness.model(1), harness.world.client()
    monkeypatch.setattr(clock, "timestamp", lambda: harness.world.clock.now().timestamp())

    def lease() -> None:
        bedrock.tag_resource(resourceARN=arn, tags=[{"key": lease_tag("staging"), "value": lease_end(clock.now())}])

    with monkeypatch.context() as patch:
        real = inventory.take_inventory

        def listed(*given: Any) -> Any:
            found = real(*given)
            lease()
            return found

        patch.setattr("lambdas.operations.prune.take_inventory", listed)
        told = harness.ask(delete=[arn])[1]
    assert told["deleted"] == []
    assert told["left"][0]["why"].startswith("environment staging has a lease on it until")
    assert told["models"][0]["needed"] == told["left"][0]["why"]
    harness.world.pass_time(LENGTH / timedelta(minutes=1), step=LENGTH / timedelta(minutes=1))
    assert harness.ask(delete=[arn])[1]["deleted"] == [arn]
