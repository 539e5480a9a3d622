"""What cannot be hosted, served, copied or changed, and when: Regions, status, ends of life, tags."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.settings import Quotas
from simulator_support.fakes import World, distilled, say
from test_hosting import LLAMA, MICRO, buy, deploy
from test_model_copy_jobs import LLAMA_33, copy

EAST, WEST = "us-east-1", "us-west-2"
AFTER_LLAMA = datetime(2027, 4, 1, tzinfo=UTC)
UNITS = {"provisionedModelName": "live", "modelUnits": 1}
NOVA_2: dict[str, Any] = {
    "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
    "customizationType": "FINE_TUNING",
    "customizationConfig": None,
}


def world_with(**base: Any) -> tuple[World, str]:
    """An account with quotas, and with a model of a base in us-west-2."""
    world = World(quotas=Quotas(model_units=1))
    return world, distilled(world, region=WEST, **base)


def test_nova_is_deployed_in_us_east_1_alone() -> None:
    world = World()
    model = distilled(world)
    copy(world, model, WEST)
    world.pass_time(20, step=10)
    there = world.client(region=WEST).get_custom_model(modelIdentifier="copied")["modelArn"]
    with pytest.raises(
        ClientError, match=r"On-demand deployment is not supported for models of amazon.nova-micro-v1:0"
    ):
        deploy(world, there, region=WEST)
    world.grant(Quotas(model_units=1))
    with pytest.raises(ClientError, match=f"Provisioned Throughput is not supported for {MICRO} in {WEST}"):
        world.client(region=WEST).create_provisioned_model_throughput(modelId=there, **UNITS)


def test_llama_33_is_deployed_and_has_no_throughput() -> None:
    world, model = world_with(**LLAMA_33)
    with pytest.raises(ClientError, match=r"Provisioned Throughput is not supported for meta.llama3-3-70b"):
        world.client(region=WEST).create_provisioned_model_throughput(modelId=model, **UNITS)
    deploy(world, model, region=WEST)


@pytest.mark.parametrize("named", ["custom-model/missing", "foundation-model", "custom-model-deployment", "name"])
def test_only_a_custom_model_that_is_there_is_deployed(named: str) -> None:
    world = World()
    model = distilled(world)
    wrong = {
        "custom-model/missing": model[:-12] + "a" * 12,
        "foundation-model": f"arn:aws:bedrock:{EAST}::foundation-model/{MICRO}",
        "custom-model-deployment": deploy(world, model),
        "name": "distill-intent-1-model",
    }[named]
    with pytest.raises(ClientError, match=r"no custom model|at 'modelArn'"):
        deploy(world, wrong, "another")


def test_what_is_being_made_or_changed_is_not_changed() -> None:
    world = World(quotas=Quotas(model_units=1))
    first, second = distilled(world), distilled(world, "distill-intent-2")
    arn, units, bedrock = deploy(world, first), buy(world, first), world.client()

    def change(message: str, of_units: str) -> None:
        with pytest.raises(ClientError, match=message):
            bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
        with pytest.raises(ClientError, match=of_units):
            bedrock.update_provisioned_model_throughput(provisionedModelId=units, desiredModelId=second)

    change("is Creating; it can be updated when Active", "is Creating; it can be updated when InService")
    world.pass_time(15)
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
    bedrock.update_provisioned_model_throughput(provisionedModelId=units, desiredModelId=second)
    change("is Updating; it can be updated when Active", "is Updating; it can be updated when InService")


@pytest.mark.parametrize("call", ["optimized", "priority", "flex"])
@pytest.mark.parametrize("host", ["deployment", "throughput"])
def test_a_custom_model_has_neither_the_optimized_latency_nor_the_tiers_of_its_base(host: str, call: str) -> None:
    world = World(quotas=Quotas(model_units=1))
    model = distilled(world, **{**NOVA_2, "baseModelIdentifier": "amazon.nova-pro-v1:0:300k"})
    arn = deploy(world, model) if host == "deployment" else buy(world, model)
    world.pass_time(15)
    fast = {"performanceConfig": {"latency": "optimized"}}
    requested: dict[str, Any] = fast if call == "optimized" else {"serviceTier": {"type": call}}
    with pytest.raises(ClientError, match=r"Latency performance configuration is not|The service tier .* is not"):
        say(world, arn, "hello", **requested)


def test_a_host_serves_nothing_after_the_end_of_its_base() -> None:
    world, model = world_with(**LLAMA)
    west = world.client(region=WEST)
    custom = west.create_provisioned_model_throughput(modelId=model, **UNITS)["provisionedModelArn"]
    world.pass_time(15)
    assert say(world, custom, "hello", region=WEST)
    world.clock.at = AFTER_LLAMA
    with pytest.raises(ClientError, match="reached the end of its life"):
        say(world, custom, "hello", region=WEST)
    with pytest.raises(ClientError, match=r"Provisioned Throughput is not supported for meta.llama3-1-8b"):
        west.create_provisioned_model_throughput(modelId=model, provisionedModelName="new", modelUnits=1)
    with pytest.raises(ClientError, match=r"base model .* has reached the end of its life"):
        copy(world, model, EAST)


def test_a_base_models_throughput_ends_with_it_too() -> None:
    world = World(quotas=Quotas(model_units=1))
    west = world.client(region=WEST)
    arn = west.create_provisioned_model_throughput(modelId=LLAMA["baseModelIdentifier"], **UNITS)["provisionedModelArn"]
    world.pass_time(15)
    assert say(world, arn, "hello", region=WEST)
    world.clock.at = AFTER_LLAMA
    with pytest.raises(ClientError, match="reached the end of its life"):
        say(world, arn, "hello", region=WEST)


def test_nothing_is_deployed_after_the_end_of_its_base() -> None:
    world, model = world_with(**LLAMA_33)
    arn = deploy(world, model, region=WEST)
    world.clock.at = AFTER_LLAMA
    with pytest.raises(ClientError, match="has reached the end of its life"):
        deploy(world, model, "another", WEST)
    with pytest.raises(ClientError, match="reached the end of its life"):
        say(world, arn, "hello", region=WEST)


@pytest.mark.parametrize(
    ("base", "source", "to"), [(LLAMA, WEST, "eu-west-1"), (NOVA_2, EAST, WEST)], ids=["Llama to Europe", "Nova 2"]
)
def test_a_model_is_copied_only_where_its_base_may_go(base: dict[str, Any], source: str, to: str) -> None:
    world = World()
    model = distilled(world, region=source, **base)
    with pytest.raises(ClientError, match=f"cannot be copied to {to}"):
        copy(world, model, to)


def test_a_copy_needs_a_key_of_its_region() -> None:
    world = World()
    model = distilled(world)
    with pytest.raises(ClientError, match=f"The KMS key alias/none does not exist in {WEST}"):
        copy(world, model, WEST, modelKmsKeyId="alias/none")


def test_a_resource_has_fifty_tags_at_most_and_none_of_aws() -> None:
    world = World()
    arn, bedrock = deploy(world, distilled(world)), world.client()
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": f"k{number}", "value": ""} for number in range(50)])
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "k7", "value": "changed"}])
    with pytest.raises(ClientError, match=r"TooManyTagsException.* would have 51 tags"):
        bedrock.tag_resource(resourceARN=arn, tags=[{"key": "one-more", "value": ""}])
    for key in ("aws:cloudformation:stack-name", "AWS:x"):
        with pytest.raises(ClientError, match="begins with aws:, which is reserved"):
            bedrock.tag_resource(resourceARN=arn, tags=[{"key": key, "value": "a"}])
    assert len(bedrock.list_tags_for_resource(resourceARN=arn)["tags"]) == 50
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.tag_resource(resourceARN=arn[:-12] + "a" * 12, tags=[{"key": "k", "value": ""}])
