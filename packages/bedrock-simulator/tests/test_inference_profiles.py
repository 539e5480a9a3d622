"""Application inference profiles: sources, quota, calls, deletion."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, World, say
from test_foundation_models import profile

PRO, LLAMA_8 = "amazon.nova-pro-v1:0", "meta.llama3-1-8b-instruct-v1:0"
HERE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
SYSTEM = f"{HERE}:inference-profile/us.{PRO}"
NEW_YEAR_2028 = datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "source",
    [
        PRO,
        f"us.{PRO}",
        f"{HERE}:custom-model/amazon.nova-micro-v1:0:128k/{'a' * 12}",
        f"{HERE}:custom-model-deployment/{'a' * 12}",
        f"{HERE}:provisioned-model/{'a' * 12}",
        f"{HERE}:imported-model/{'a' * 12}",
    ],
)
def test_a_profile_is_made_of_a_foundation_model_or_a_system_profile_by_its_arn(source: str) -> None:
    with pytest.raises(ClientError, match=r"at 'modelSource.copyFrom' failed .* regular expression") as refusal:
        profile(World(), source)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("kind", ["id", "ARN"])
def test_a_profile_is_not_made_of_another_application_profile(kind: str) -> None:
    world = World()
    arn = profile(world, SYSTEM)
    with pytest.raises(ClientError, match=r"copyFrom|no inference profile"):
        profile(world, arn if kind == "ARN" else arn.rsplit("/", 1)[1])


@pytest.mark.parametrize("name", ["two  spaces", "dots.in", "a" * 65, "-first"])
def test_a_name_matches_its_pattern(name: str) -> None:
    with pytest.raises(ClientError, match="at 'inferenceProfileName'"):
        World().client().create_inference_profile(inferenceProfileName=name, modelSource={"copyFrom": SYSTEM})


def test_a_thousand_profiles_are_the_most_until_more_are_granted() -> None:
    world = World()
    for number in range(1000):
        profile(world, SYSTEM, name=f"route-{number}")
    with pytest.raises(ClientError, match=r"ServiceQuotaExceededException.* has 1000 inference profiles"):
        profile(world, SYSTEM)
    world.grant(Quotas(values={"L-40EC9882": 1001}))
    profile(world, SYSTEM)


def test_a_name_is_one_profile_s_in_an_account_and_region_until_that_is_deleted() -> None:
    world = World()
    first = profile(world, SYSTEM)
    for source in (SYSTEM, f"arn:aws:bedrock:us-east-1::foundation-model/{PRO}"):
        with pytest.raises(ClientError, match=r"ConflictException.*The name route is another inference profile's"):
            profile(world, source)
    profile(world, SYSTEM, name="another")
    profile(world, SYSTEM.replace("us-east-1", "us-west-2"), "us-west-2")
    world.client().delete_inference_profile(inferenceProfileIdentifier=first)
    assert profile(world, SYSTEM) != first


def test_the_same_request_under_the_same_token_is_no_conflict() -> None:
    world = World()

    def made(token: str) -> str:
        requested: dict[str, Any] = {"inferenceProfileName": "route", "modelSource": {"copyFrom": SYSTEM}}
        return str(
            world.client().create_inference_profile(**requested, clientRequestToken=token)["inferenceProfileArn"]
        )

    assert made("once") == made("once")
    with pytest.raises(ClientError, match="ConflictException"):
        made("twice")


def test_a_profile_of_one_model_serves_it_in_its_region_and_has_no_optimized_latency() -> None:
    world = World()
    arn = profile(world, f"arn:aws:bedrock:us-east-1::foundation-model/{PRO}")
    found = world.client().get_inference_profile(inferenceProfileIdentifier=arn)
    assert [each["modelArn"].split(":")[3] for each in found["models"]] == ["us-east-1"]
    assert say(world, arn, "hello")
    fast: dict[str, Any] = {"performanceConfig": {"latency": "optimized"}}
    with pytest.raises(ClientError, match="Latency performance configuration is not supported"):
        say(world, arn, "hello", **fast)


def test_an_application_profile_is_called_by_its_arn_alone() -> None:
    world = World()
    arn = profile(world, SYSTEM)
    with pytest.raises(ClientError, match="The provided model identifier is invalid"):
        say(world, arn.rsplit("/", 1)[1], "hello")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        say(world, arn.replace(ACCOUNT, "9" * 12), "hello")
    assert say(world, arn, "hello")


def test_a_profile_serves_no_model_that_has_ended() -> None:
    world = World()
    west = f"arn:aws:bedrock:us-west-2:{ACCOUNT}:inference-profile/us.{LLAMA_8}"
    arn = profile(world, west, "us-west-2")
    world.clock.at = NEW_YEAR_2028
    with pytest.raises(ClientError, match="reached the end of its life"):
        say(world, arn, "hello", region="us-west-2")
    with pytest.raises(ClientError, match="There is no inference profile"):
        profile(world, west, "us-west-2")


@pytest.mark.parametrize("named", [SYSTEM, f"us.{PRO}"])
def test_a_system_profile_cannot_be_deleted(named: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        World().client().delete_inference_profile(inferenceProfileIdentifier=named)


@pytest.mark.parametrize("named", [SYSTEM, f"us.{PRO}", "application"])
def test_no_throughput_is_bought_for_a_profile(named: str) -> None:
    world = World(quotas=Quotas(model_units=1))
    model = profile(world, SYSTEM) if named == "application" else named
    with pytest.raises(ClientError, match=r"at 'modelId'|no custom model"):
        world.client().create_provisioned_model_throughput(provisionedModelName="live", modelId=model, modelUnits=1)
