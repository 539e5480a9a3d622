"""A host answers once it is created: not while it is created, not after a failure, but during an update."""

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import TODAY, World, distilled, say
from test_hosting import buy, deploy


def hosted(kind: str, *faults: Fault) -> tuple[World, str, str]:
    """An account with a host that is being created, and another student to replace its model."""
    world = World(TODAY, *faults, quotas=Quotas(model_units=1))
    model, other = distilled(world), distilled(world, "distill-intent-2")
    return world, deploy(world, model) if kind == "deployment" else buy(world, model), other


KINDS = pytest.mark.parametrize("kind", ["deployment", "throughput"])


def refused(world: World, arn: str) -> bool:
    """Whether the host is not ready: a 429 error that clients may retry, as in the API."""
    with pytest.raises(ClientError, match=f"{arn} is not ready") as refusal:
        say(world, arn, "where is my parcel")
    reported = refusal.value.response
    return (reported["Error"]["Code"], reported["ResponseMetadata"]["HTTPStatusCode"]) == (
        "ModelNotReadyException",
        429,
    )


@KINDS
def test_a_host_that_is_being_made_does_not_answer(kind: str) -> None:
    world, arn, _ = hosted(kind)
    assert refused(world, arn)
    world.pass_time(15)
    assert say(world, arn, "where is my parcel")


@KINDS
def test_a_host_that_failed_does_not_answer(kind: str) -> None:
    world, arn, _ = hosted(kind, Fault(f"failed-{kind}"))
    world.pass_time(15)
    assert refused(world, arn)


@KINDS
def test_a_host_that_is_being_changed_answers(kind: str) -> None:
    world, arn, other = hosted(kind)
    world.pass_time(15)
    bedrock = world.client()
    if kind == "deployment":
        bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=other)
    else:
        bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=other)
    assert say(world, arn, "where is my parcel")
