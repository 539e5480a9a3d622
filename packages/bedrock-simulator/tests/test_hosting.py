"""Deployments and Provisioned Throughput: eligibility, quotas, faults, updates."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, TODAY, World, distilled, updating_deployment

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MICRO = "amazon.nova-micro-v1:0:128k"
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
    world = World(TODAY, Fault("failed-deployment", message="no room"))
    first, second = distilled(world), distilled(world, "distill-intent-2")
    bedrock = world.client()
    failing = deploy(world, first, "failing")
    world.pass_time(10)
    made = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=failing)
    assert (made["status"], made["failureMessage"]) == ("Failed", "no room")
    world.bedrock.faults.clear()
    arn = deploy(world, first)
    world.pass_time(10)
    world.bedrock.faults.add(Fault("failed-deployment"))
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
    world.pass_time(10)
    after = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier="live")
    assert (after["modelArn"], after["updateDetails"]["updateStatus"]) == (first, "UpdateFailed")


def test_a_model_of_another_base_is_refused_by_both_kinds_of_endpoint() -> None:
    world = World(quotas=Quotas(model_units=1))
    micro = distilled(world)
    lite = distilled(world, "distill-lite", baseModelIdentifier="amazon.nova-lite-v1:0:300k")
    arn, units = deploy(world, micro), buy(world, micro)
    world.pass_time(15)
    bedrock = world.client()
    with pytest.raises(ClientError, match="has the base"):
        bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=lite)
    with pytest.raises(ClientError, match="has the base"):
        bedrock.update_provisioned_model_throughput(provisionedModelId=units, desiredModelId=lite)


def test_hosts_are_listed_by_model_status_and_name() -> None:
    world = World(quotas=Quotas(model_units=2))
    first, second = distilled(world), distilled(world, "distill-intent-2")
    deploy(world, first, "a-live")
    world.pass_time(10)
    deploy(world, second, "b-live")
    buy(world, first, "units")
    bedrock = world.client()

    def named(**requested: Any) -> list[str]:
        listed = bedrock.list_custom_model_deployments(**requested)["modelDeploymentSummaries"]
        return [each["customModelDeploymentName"] for each in listed]

    assert named(modelArnEquals=second) == ["b-live"]
    assert named(statusEquals="Active") == ["a-live"]
    assert named(nameContains="live", sortOrder="Ascending", createdAfter=NEW_YEAR) == ["a-live", "b-live"]
    assert named(createdBefore=NEW_YEAR) == []
    units = bedrock.list_provisioned_model_throughputs(modelArnEquals=first, statusEquals="Creating")
    assert [each["provisionedModelName"] for each in units["provisionedModelSummaries"]] == ["units"]
    assert bedrock.list_provisioned_model_throughputs(modelArnEquals=second)["provisionedModelSummaries"] == []


def test_models_are_listed_by_base_owner_and_status_and_not_deleted_while_hosted() -> None:
    world = World()
    model, bedrock = distilled(world), world.client()
    base = f"arn:aws:bedrock:us-east-1::foundation-model/{MICRO}"
    for requested, found in (
        ({"baseModelArnEquals": base}, 1),
        ({"foundationModelArnEquals": base}, 1),
        ({"foundationModelArnEquals": base.replace("micro", "lite").replace("128k", "300k")}, 0),
        ({"isOwned": True, "modelStatus": "Active"}, 1),
        ({"isOwned": False}, 0),
        ({"modelStatus": "Creating"}, 0),
        ({"nameContains": "intent"}, 1),
        ({"creationTimeBefore": NEW_YEAR}, 0),
    ):
        assert len(bedrock.list_custom_models(**requested)["modelSummaries"]) == found, requested
    host = deploy(world, model)
    with pytest.raises(ClientError, match=r"ConflictException.*is still hosted by"):
        bedrock.delete_custom_model(modelIdentifier=model)
    with pytest.raises(ClientError, match=r"ValidationException.*Custom model deployment is in a mutating state"):
        bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=host)
    world.pass_time(10)
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=host)
    bedrock.delete_custom_model(modelIdentifier="distill-intent-1-model")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_custom_model(modelIdentifier=model)


def test_what_is_updated_is_not_deleted_until_that_is_over() -> None:
    world = World()
    arn, _, _ = updating_deployment(world)
    bedrock = world.client()
    with pytest.raises(ClientError, match="Custom model deployment is in a mutating state"):
        bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    world.pass_time(10)
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    assert bedrock.list_custom_model_deployments()["modelDeploymentSummaries"] == []


def test_throughput_that_is_created_is_not_deleted_until_that_is_over() -> None:
    world = World(quotas=Quotas(model_units=1))
    units, bedrock = buy(world, distilled(world)), world.client()
    with pytest.raises(ClientError, match=r"ConflictException.*is Creating"):
        bedrock.delete_provisioned_model_throughput(provisionedModelId=units)
    world.pass_time(15)
    bedrock.delete_provisioned_model_throughput(provisionedModelId=units)


def test_reset_leaves_an_empty_account() -> None:
    world = World()
    deploy(world, distilled(world))
    world.bedrock.reset()
    left = world.bedrock.inventory(ACCOUNT)
    assert not any(left.values())
