"""Actions of an account in any order: each is a call that may be refused, or a pause."""

from collections.abc import Callable
from typing import Any

import test_batch_jobs as batches
import test_evaluation_jobs as evaluations
from simulator_support.fakes import ACCOUNT, World, job

PRO = "us.amazon.nova-pro-v1:0"
REGIONS = ("us-east-1", "us-west-2")
Action = Callable[[World, int], Any]


def hosts(world: World) -> list[str]:
    """The ARNs that may serve a student."""
    bedrock = world.client()
    found = bedrock.list_custom_model_deployments()["modelDeploymentSummaries"]
    arns = [each["customModelDeploymentArn"] for each in found]
    units = bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"]
    return arns + [each["provisionedModelArn"] for each in units]


def _create_job(world: World, number: int) -> Any:
    name, file = f"job-{number}", ("train", "bare", "other", "wrong")[number % 4]
    source = {"s3Uri": f"s3://train-bucket/{file}.jsonl"}
    tags = [{"key": "n", "value": str(number)}]
    request = job(name, trainingDataConfig=source, jobTags=tags, customModelTags=tags, clientRequestToken=f"t{number}")
    return world.client().create_model_customization_job(**request)


def _stop_job(world: World, number: int) -> Any:
    return world.client().stop_model_customization_job(jobIdentifier=f"job-{number}")


def _model(world: World, number: int) -> str:
    """The ARN of a job's model; a ClientError if there is none."""
    return str(world.client().get_custom_model(modelIdentifier=f"job-{number}-model")["modelArn"])


def _deploy(world: World, number: int) -> Any:
    return world.client().create_custom_model_deployment(
        modelDeploymentName=f"live-{number}", modelArn=_model(world, number), description="x"
    )


def _update(world: World, number: int) -> Any:
    arn = next((each for each in hosts(world) if "deployment" in each), "none")
    return world.client().update_custom_model_deployment(
        customModelDeploymentIdentifier=arn, modelArn=_model(world, number)
    )


def _buy(world: World, number: int) -> Any:
    return world.client().create_provisioned_model_throughput(
        provisionedModelName=f"units-{number}", modelId=f"job-{number}-model", modelUnits=1
    )


def _release(world: World, number: int) -> Any:
    return world.client().delete_provisioned_model_throughput(provisionedModelId=f"units-{number}")


def _copy(world: World, number: int) -> Any:
    requested = {"sourceModelArn": _model(world, number), "targetModelName": f"c-{number}"}
    return world.client(region="us-west-2").create_model_copy_job(**requested)


def _delete(world: World, number: int) -> Any:
    return world.client().delete_custom_model(modelIdentifier=f"job-{number}-model")


def _batch(world: World, number: int) -> Any:
    world.objects.objects[batches.INPUT] = batches.lines()
    return world.client().create_model_invocation_job(**batches.batch(f"batch-{number}"))


def _evaluate(world: World, number: int) -> Any:
    world.objects.objects[evaluations.DATA] = evaluations.rows()
    requested = evaluations.evaluation(evaluations.dataset("Builtin.Accuracy"), jobName=f"evaluation-{number}")
    return world.client().create_evaluation_job(**requested)


def _profile(world: World, number: int) -> Any:
    region = REGIONS[number % 2]
    source = f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{PRO}"
    return world.client(region=region).create_inference_profile(
        inferenceProfileName=f"p-{number}", modelSource={"copyFrom": source}, tags=[{"key": "k", "value": "v"}]
    )


def _log(world: World, number: int) -> Any:
    config = {"s3Config": {"bucketName": "train-bucket", "keyPrefix": f"logs{number}"}}
    return world.client().put_model_invocation_logging_configuration(loggingConfig=config)


def _wait(world: World, number: int) -> None:
    world.pass_time(10 * (number + 1), step=10)


ACTIONS: tuple[Action, ...] = (
    _create_job, _create_job, _create_job, _stop_job, _deploy, _deploy, _update, _buy, _release, _copy, _delete,
    _batch, _evaluate, _profile, _log, _wait, _wait, _wait,
)  # fmt: skip


LIFE: tuple[tuple[Action, int], ...] = (
    (_create_job, 0), (_create_job, 1), (_create_job, 3), (_wait, 5), (_wait, 5), (_deploy, 0), (_buy, 1), (_copy, 1),
    (_profile, 0), (_log, 0), (_batch, 0), (_evaluate, 0), (_wait, 1), (_update, 1),
    (_create_job, 4), (_create_job, 5), (_stop_job, 5), (_batch, 1), (_evaluate, 1), (_wait, 0),
)  # fmt: skip
