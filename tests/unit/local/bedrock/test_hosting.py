"""Deployments and Provisioned Throughput: eligibility, quotas, faults, updates."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.bedrock.engine import Faults
from tests.unit.local.bedrock.fakes import ACCOUNT, World, distilled

LLAMA = {"baseModelIdentifier": "meta.llama3-1-8b-instruct-v1:0:128k", "teacher": "us.meta.llama3-3-70b-instruct-v1:0"}


def deploy(world: World, model: str, name: str = "live", region: str = "us-east-1") -> str:
    arn: str = world.client(region=region).create_custom_model_deployment(modelDeploymentName=name, modelArn=model)[
        "customModelDeploymentArn"
    ]
    return arn


def buy(world: World, model: str, name: str = "live", **more: Any) -> str:
    arn: str = world.client().create_provisioned_model_throughput(
        provisionedModelName=name, modelId=model, modelUnits=1, **more
    )["provisionedModelArn"]
    return arn


def test_a_base_outside_the_list_cannot_be_deployed_on_demand() -> None:
    world = World()
    model = distilled(world, region="us-west-2", **LLAMA)
    with pytest.raises(ClientError, match="On-demand deployment is not supported"):
        deploy(world, model, region="us-west-2")


def test_a_model_from_before_the_day_cannot_be_deployed_on_demand() -> None:
    world = World(datetime(2025, 7, 10, tzinfo=UTC))
    model = distilled(world)
    world.clock.forward(days=30)
    with pytest.raises(ClientError, match="customized on or after 2025-07-16"):
        deploy(world, model)


def test_deployment_names_are_unique_and_there_are_ten() -> None:
    world = World()
    model = distilled(world)
    for number in range(10):
        deploy(world, model, f"live-{number}")
    with pytest.raises(ClientError, match="already in use"):
        deploy(world, model, "live-3")
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        deploy(world, model, "live-10")


def test_deployments_fail_on_request_and_a_failed_update_keeps_the_old_model() -> None:
    world = World(faults=Faults(fail_deployments=True))
    first, second = distilled(world), distilled(world, "distill-intent-2")
    bedrock = world.client()
    failing = deploy(world, first, "failing")
    world.pass_time(10)
    assert bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=failing)["status"] == "Failed"
    world.bedrock.faults = Faults()
    arn = deploy(world, first)
    world.pass_time(10)
    world.bedrock.faults = Faults(fail_deployments=True)
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
    world.pass_time(10)
    after = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier="live")
    assert (after["modelArn"], after["updateDetails"]["updateStatus"]) == (first, "UpdateFailed")


def test_a_model_of_another_base_is_refused_by_both_kinds_of_endpoint() -> None:
    world = World(faults=Faults(model_units=1))
    micro = distilled(world)
    lite = distilled(world, "distill-lite", baseModelIdentifier="amazon.nova-lite-v1:0:300k")
    arn, units = deploy(world, micro), buy(world, micro)
    world.pass_time(15)
    bedrock = world.client()
    with pytest.raises(ClientError, match="has the base"):
        bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=lite)
    with pytest.raises(ClientError, match="has the base"):
        bedrock.update_provisioned_model_throughput(provisionedModelId=units, desiredModelId=lite)


def test_throughput_swaps_its_model_and_cannot_be_deleted_meanwhile() -> None:
    world = World(faults=Faults(model_units=1))
    first, second = distilled(world), distilled(world, "distill-intent-2")
    arn, bedrock = buy(world, first), world.client()
    world.pass_time(15)
    bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=second)
    during = bedrock.get_provisioned_model_throughput(provisionedModelId=arn)
    assert (during["status"], during["modelArn"], during["desiredModelArn"]) == ("Updating", first, second)
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)
    world.pass_time(6)
    assert bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["modelArn"] == second


@pytest.mark.parametrize(
    ("faults", "status", "bills"),
    [
        (Faults(model_units=1, fail_throughput=True), "Failed", 0),
        (Faults(model_units=1, stall_throughput=True), "Creating", 1),
    ],
)
def test_throughput_fails_or_stalls_on_request(faults: Faults, status: str, bills: int) -> None:
    world = World(faults=faults)
    arn = buy(world, distilled(world))
    world.pass_time(60, step=10)
    assert world.client().get_provisioned_model_throughput(provisionedModelId=arn)["status"] == status
    assert len(world.bedrock.inventory(ACCOUNT)["bills_by_the_hour"]) == bills


def test_more_units_than_granted_and_a_commitment_that_lasts_are_refused() -> None:
    world = World(faults=Faults(model_units=1))
    model = distilled(world)
    arn = buy(world, model, commitmentDuration="OneMonth")
    with pytest.raises(ClientError, match="1 of the 1 reserved"):
        buy(world, model, "second")
    world.pass_time(15)
    with pytest.raises(ClientError, match="is committed until"):
        world.client().delete_provisioned_model_throughput(provisionedModelId=arn)


def test_reset_leaves_an_empty_account() -> None:
    world = World()
    deploy(world, distilled(world))
    world.bedrock.reset()
    left = world.bedrock.inventory(ACCOUNT)
    assert not any(left.values())
