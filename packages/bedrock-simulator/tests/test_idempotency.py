"""`clientRequestToken`: the same request again is ignored without an error (API reference)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from simulator_support.fakes import TODAY, World, job


def create(world: World, **changes: Any) -> str:
    return str(world.client().create_model_customization_job(**job(clientRequestToken="once", **changes))["jobArn"])


def test_a_repeated_request_has_the_first_ones_answer() -> None:
    world = World()
    assert create(world) == create(world)
    assert len(world.client().list_model_customization_jobs()["modelCustomizationJobSummaries"]) == 1


def test_another_request_under_the_same_token_is_another_request() -> None:
    world = World()
    first = create(world)
    assert create(world, jobName="another", customModelName="another") != first
    with pytest.raises(ClientError, match="ConflictException"):
        create(world, customModelName="a-third")


def test_a_request_that_was_refused_is_tried_anew() -> None:
    world = World(TODAY, Fault("error", operation="CreateModelCustomizationJob", error="ThrottlingException", times=1))
    world.roles.refusal = "Could not assume provided IAM role."
    for message in ("Too many requests", "Could not assume"):
        with pytest.raises(ClientError, match=message):
            create(world)
    world.roles.refusal = None
    assert create(world) == create(world)


def test_tokens_of_two_regions_are_apart() -> None:
    world = World()
    profiles = [
        world.client(region=region).create_inference_profile(
            inferenceProfileName="route",
            modelSource={
                "copyFrom": f"arn:aws:bedrock:{region}:111111111111:inference-profile/us.amazon.nova-pro-v1:0"
            },
            clientRequestToken="once",
        )["inferenceProfileArn"]
        for region in ("us-east-1", "us-east-2")
    ]
    assert len(set(profiles)) == 2
