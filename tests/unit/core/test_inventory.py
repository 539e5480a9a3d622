"""The inventory of an environment, against the simulated Bedrock."""

from decimal import Decimal
from typing import Any

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import Inventory, JobKind, take_inventory
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from simulator_support.fakes import World, distilled, job, jsonl, prompts

NAMES = Names("dev")


def tags(environment: str = "dev", run: str = "support-1", recipe: str = "support") -> list[dict[str, str]]:
    pairs = {TAG_ENVIRONMENT: environment, TAG_RECIPE: recipe, TAG_RUN: run}
    return [{"key": key, "value": value} for key, value in pairs.items() if value]


def taken(world: World, names: Names = NAMES) -> Inventory:
    return take_inventory(names, world.client())


def model(world: World, name: str, environment: str = "dev") -> str:
    made: dict[str, Any] = {"jobTags": tags(environment), "customModelTags": tags(environment)}
    return distilled(world, name, customModelName=name, **made)


def deploy(world: World, arn: str, name: str, tagged: list[dict[str, str]]) -> str:
    made = world.client().create_custom_model_deployment(modelDeploymentName=name, modelArn=arn, tags=tagged)
    return str(made["customModelDeploymentArn"])


def test_an_empty_account_has_an_empty_inventory() -> None:
    assert taken(World()).is_empty


def test_everything_of_the_environment_is_listed_with_its_run() -> None:
    world = World(quotas=Quotas(3))
    arn = model(world, "dev-support-1")
    deploy(world, arn, "dev-support-1-candidate", tags())
    world.client().create_provisioned_model_throughput(
        provisionedModelName="dev-support-live", modelId=arn, modelUnits=2, tags=tags(run="")
    )
    world.client().create_model_customization_job(**job("dev-support-2", jobTags=tags(run="support-2")))
    found = taken(world)
    assert [(each.name, each.mode, each.units, each.run, each.recipe) for each in found.endpoints] == [
        ("dev-support-1-candidate", HostingMode.ON_DEMAND, 0, "support-1", "support"),
        ("dev-support-live", HostingMode.PROVISIONED, 2, "", "support"),
    ]
    assert {each.model_arn for each in found.endpoints} == {arn}
    assert [(each.name, each.run) for each in found.models] == [("dev-support-1", "support-1")]
    assert [(each.name, each.kind, each.run) for each in found.jobs] == [
        ("dev-support-2", JobKind.CUSTOMIZATION, "support-2")
    ]
    assert found.hosts_of(arn) == found.endpoints
    assert found.hosts_of("another") == ()


@pytest.mark.parametrize(
    ("name", "tagged"),
    [
        ("dev-support-1-candidate", tags("dev-eu")),  # the prefix of `dev` begins names of `dev-eu` too
        ("dev-support-1-candidate", []),
        ("staging-support-1-candidate", tags("dev")),
        ("xdev-support-1-candidate", tags("dev")),
    ],
)
def test_what_another_environment_has_is_not_listed(name: str, tagged: list[dict[str, str]]) -> None:
    world = World()
    arn = model(world, "other-1", "other")
    deploy(world, arn, name, tagged)
    assert taken(world).is_empty


def test_every_page_is_read() -> None:
    world = World(quotas=Quotas(1000))
    arn = model(world, "dev-support-1")
    for number in range(130):
        world.client().create_provisioned_model_throughput(
            provisionedModelName=f"dev-support-{number}-candidate", modelId=arn, modelUnits=1, tags=tags()
        )
    first = world.client().list_provisioned_model_throughputs()
    assert first.get("nextToken")
    assert len(taken(world).endpoints) == 130


def test_a_resource_that_is_deleted_meanwhile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    arn = model(world, "dev-support-1")
    doomed = deploy(world, arn, "dev-support-1-candidate", tags())
    bedrock = world.client()
    world.pass_time(3600, step=60)
    read = bedrock.list_tags_for_resource

    def deleting(**request: Any) -> Any:
        if request["resourceARN"] == doomed:
            bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=doomed)
        return read(**request)

    monkeypatch.setattr(bedrock, "list_tags_for_resource", deleting)
    found = take_inventory(NAMES, bedrock)
    assert (found.endpoints, [each.name for each in found.models]) == ((), ["dev-support-1"])


@pytest.mark.parametrize(
    ("mode", "units", "price", "usd"),
    [
        (HostingMode.ON_DEMAND, 0, None, Decimal(0)),
        (HostingMode.ON_DEMAND, 0, Decimal(20), Decimal(0)),
        (HostingMode.PROVISIONED, 3, Decimal("20.5"), Decimal("61.5")),
        (HostingMode.PROVISIONED, 3, None, None),
    ],
)
def test_an_endpoint_bills_its_units_by_the_hour(
    mode: HostingMode, units: int, price: Decimal | None, usd: Decimal | None
) -> None:
    world = World(quotas=Quotas(units))
    arn = model(world, "dev-support-1")
    if mode is HostingMode.ON_DEMAND:
        deploy(world, arn, "dev-support-1-candidate", tags())
    else:
        world.client().create_provisioned_model_throughput(
            provisionedModelName="dev-support-live", modelId=arn, modelUnits=units, tags=tags()
        )
    (endpoint,) = taken(world).endpoints
    assert endpoint.usd_per_hour(price) == usd
    assert endpoint.endpoint.mode is mode


def test_jobs_that_have_ended_are_models_and_no_jobs() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    world.client().create_model_customization_job(
        **job("dev-support-1", jobTags=tags(), customModelTags=tags(), customModelName="dev-support-1")
    )
    assert (len(taken(world).jobs), len(taken(world).models)) == (1, 0)
    world.pass_time(120, step=10)
    assert (len(taken(world).jobs), len(taken(world).models)) == (0, 1)
