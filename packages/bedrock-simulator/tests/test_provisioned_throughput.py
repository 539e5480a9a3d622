"""Provisioned Throughput: quotas, commitments, supported models, and updates."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, TODAY, World, distilled
from test_hosting import MICRO, buy

MICRO_UNITS, ACROSS_CUSTOM = "L-AC096F71", "L-BE77399C"


def test_throughput_swaps_its_model_and_cannot_be_deleted_meanwhile() -> None:
    world = World(quotas=Quotas(model_units=1))
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
    ("kind", "status", "bills"),
    [
        ("failed-throughput", "Failed", 0),
        ("stalled-throughput", "Creating", 1),
    ],
)
def test_throughput_fails_or_stalls_on_request(kind: str, status: str, bills: int) -> None:
    world = World(TODAY, Fault(kind), quotas=Quotas(model_units=1))
    arn = buy(world, distilled(world))
    world.pass_time(60, step=10)
    assert world.client().get_provisioned_model_throughput(provisionedModelId=arn)["status"] == status
    assert len(world.bedrock.inventory(ACCOUNT)["bills_by_the_hour"]) == bills


def test_more_units_than_granted_are_refused() -> None:
    world = World(quotas=Quotas(model_units=1))
    model = distilled(world)
    buy(world, model)
    with pytest.raises(ClientError, match="1 of the 1 reserved for your account without commitment"):
        buy(world, model, "second")
    buy(world, model, "committed", commitmentDuration="OneMonth")
    buy(world, MICRO, "base")


@pytest.mark.parametrize(
    ("quotas", "commitment", "message"),
    [
        ({}, {}, "does not currently have any no commitment model units reserved for amazon.nova-micro-v1:0:128k"),
        ({ACROSS_CUSTOM: 9}, {}, "does not currently have any no commitment model units"),
        ({MICRO_UNITS: 9}, {}, "does not currently have any no commitment model units"),
        ({MICRO_UNITS: 9}, {"commitmentDuration": "SixMonths"}, None),
        ({"us-west-2/L-AC096F71": 9, ACROSS_CUSTOM: 9}, {}, "does not currently have"),
        ({MICRO_UNITS: 2, ACROSS_CUSTOM: 9}, {}, "3 model unit.s. .* 0 of the 2 of one provisioned model"),
        ({"us-east-1/L-AC096F71": 3, ACROSS_CUSTOM: 9, MICRO_UNITS: 0}, {}, None),
    ],
)
def test_units_have_a_quota_of_one_model_and_one_across_them(
    quotas: dict[str, int], commitment: dict[str, str], message: str | None
) -> None:
    world = World()
    model = distilled(world)
    world.grant(Quotas(values=quotas))
    ask = {"provisionedModelName": "live", "modelId": model, "modelUnits": 3, **commitment}
    if message is None:
        world.client().create_provisioned_model_throughput(**ask)
        return
    with pytest.raises(ClientError, match=message) as refusal:
        world.client().create_provisioned_model_throughput(**ask)
    assert refusal.value.response["Error"]["Code"] == "ServiceQuotaExceededException"


def test_a_commitment_lasts_its_term_and_renews_itself() -> None:
    world = World(quotas=Quotas(model_units=1))
    arn, bedrock = buy(world, distilled(world), commitmentDuration="OneMonth"), world.client()
    world.pass_time(15)
    with pytest.raises(ClientError, match="is committed until"):
        bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)
    world.clock.forward(days=31)
    renewed = bedrock.get_provisioned_model_throughput(provisionedModelId=arn)
    assert (renewed["commitmentExpirationTime"] - renewed["creationTime"]).days == 60
    bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)


@pytest.mark.parametrize(
    ("at", "region", "variant", "message"),
    [
        (None, "us-east-1", "amazon.nova-micro-v1:0", "name one of its variants"),
        (None, "us-west-2", MICRO, "not supported for amazon.nova-micro-v1:0:128k in us-west-2"),
        (None, "us-east-1", "amazon.nova-micro-v1:0:24k", None),
        (datetime(2025, 4, 1, tzinfo=UTC), "us-east-1", "amazon.nova-micro-v1:0:24k", "not supported"),
        (None, "us-west-2", "meta.llama3-1-70b-instruct-v1:0:128k", "Legacy status"),
        (None, "us-west-2", "anthropic.claude-3-haiku-20240307-v1:0:48k", "not supported"),
        (datetime(2024, 12, 4, tzinfo=UTC), "us-east-1", "anthropic.claude-3-haiku-20240307-v1:0:48k", None),
    ],
)
def test_a_base_model_is_bought_by_its_variant_where_and_while_it_is_sold(
    at: datetime | None, region: str, variant: str, message: str | None
) -> None:
    world = World(quotas=Quotas(model_units=1)) if at is None else World(at, quotas=Quotas(model_units=1))
    ask = {"provisionedModelName": "live", "modelId": variant, "modelUnits": 1}
    if message is None:
        world.client(region=region).create_provisioned_model_throughput(**ask)
        return
    with pytest.raises(ClientError, match=message):
        world.client(region=region).create_provisioned_model_throughput(**ask)


def test_only_the_name_of_a_base_models_throughput_can_be_changed() -> None:
    world = World(quotas=Quotas(model_units=2))
    arn, bedrock = buy(world, MICRO), world.client()
    custom = buy(world, distilled(world), "custom")
    world.pass_time(15)
    with pytest.raises(ClientError, match="hosts a base model"):
        bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=MICRO)
    with pytest.raises(ClientError, match="name custom is already in use"):
        bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredProvisionedModelName="custom")
    with pytest.raises(ClientError, match="desiredProvisionedModelName, desiredModelId or both"):
        bedrock.update_provisioned_model_throughput(provisionedModelId=arn)
    bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredProvisionedModelName="renamed")
    renamed = bedrock.get_provisioned_model_throughput(provisionedModelId="renamed")
    assert (renamed["provisionedModelArn"], renamed["status"]) == (arn, "InService")
    bedrock.update_provisioned_model_throughput(provisionedModelId=custom, desiredModelId=MICRO)
    world.pass_time(6)
    assert bedrock.get_provisioned_model_throughput(provisionedModelId=custom)["modelArn"].endswith(MICRO)
