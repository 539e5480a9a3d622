"""The validation of customization jobs, beyond test_customization_jobs."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ROLE, World, distilled, job, updating_deployment

TEACHER = {"teacherModelIdentifier": "us.amazon.nova-pro-v1:0"}
GRADER = {"lambdaGrader": {"lambdaArn": "arn:aws:lambda:us-east-1:111111111111:function:grade"}}
TAG = {"key": "k", "value": "v"}
URI = "s3://train-bucket/x.jsonl"


def distillation(**changes: Any) -> dict[str, Any]:
    return {"distillationConfig": {"teacherModelConfig": {**TEACHER, **changes}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"customizationConfig": distillation(maxResponseLengthForInference=0)}, "a positive number of tokens"),
        ({"customizationConfig": distillation(teacherModelIdentifier="us east")}, "at 'customizationConfig.distill"),
        ({"customizationConfig": {"rftConfig": {"graderConfig": GRADER}}}, "distillationConfig is required"),
        ({"customizationConfig": {"rftConfig": {"graderConfig": GRADER}}, "customizationType": None},
         "customizationConfig has rftConfig, which a fine-tuning job does not take"),
        ({"customizationType": "CONTINUED_PRE_TRAINING"}, "not CONTINUED_PRE_TRAINING"),
        ({"customizationType": "REINFORCEMENT_FINE_TUNING"}, "not REINFORCEMENT_FINE_TUNING"),
        ({"jobName": "-first"}, "at 'jobName'"),
        ({"customModelName": "dots.in"}, "at 'customModelName'"),
        ({"customModelName": "a" * 64}, "at 'customModelName' failed .* less than or equal to 63"),
        ({"roleArn": "distillation"}, "at 'roleArn'"),
        ({"roleArn": f"{ROLE}{'x' * 2048}"}, "at 'roleArn' failed .* less than or equal to 2048"),
        ({"baseModelIdentifier": "x" * 2049}, "at 'baseModelIdentifier' failed .* less than or equal to 2048"),
        ({"outputDataConfig": {"s3Uri": "s3://train-bucket/with space/"}}, "at 'outputDataConfig.s3Uri'"),
        ({"outputDataConfig": {"s3Uri": f"s3://train-bucket/{'x' * 1024}"}}, "less than or equal to 1024"),
        ({"outputDataConfig": {"s3Uri": "s3://Train/out/"}}, "at 'outputDataConfig.s3Uri'"),
        ({"validationDataConfig": {"validators": [{"s3Uri": URI}] * 11}}, "less than or equal to 10"),
        ({"vpcConfig": {"subnetIds": ["s"], "securityGroupIds": ["g"] * 6}}, "less than or equal to 5"),
        ({"vpcConfig": {"subnetIds": ["s"], "securityGroupIds": ["g g"]}}, "at 'vpcConfig.securityGroupIds"),
        ({"jobTags": [TAG] * 201}, "at 'jobTags' failed .* less than or equal to 200"),
        ({"customModelTags": [TAG] * 201}, "at 'customModelTags' failed .* less than or equal to 200"),
        ({"customModelTags": [{"key": "k" * 129, "value": ""}]}, "less than or equal to 128"),
        ({"customModelTags": [{"key": "k", "value": "v" * 257}]}, "less than or equal to 256"),
        ({"customModelTags": [{"key": "k", "value": "v!"}]}, "at 'customModelTags.1.member.value'"),
        ({"clientRequestToken": "a" * 257}, "at 'clientRequestToken' failed .* less than or equal to 256"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    world = World()
    with pytest.raises(ClientError, match=message) as refusal:
        world.client().create_model_customization_job(**job(**changes))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert world.client().list_model_customization_jobs()["modelCustomizationJobSummaries"] == []


def test_a_job_that_is_over_is_not_stopped_and_one_that_is_not_there_is_not_found() -> None:
    world = World()
    distilled(world)
    bedrock = world.client()
    with pytest.raises(ClientError, match=r"ConflictException.* is Completed; only a job in progress"):
        bedrock.stop_model_customization_job(jobIdentifier="distill-intent-1")
    for call in (bedrock.get_model_customization_job, bedrock.stop_model_customization_job):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call(jobIdentifier="nobody")


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        ({"maxResults": 1001}, "at 'maxResults' failed .* less than or equal to 1000"),
        ({"sortBy": "Name"}, "at 'sortBy' failed .* enum value set"),
        ({"sortOrder": "Up"}, "at 'sortOrder' failed .* enum value set"),
        ({"statusEquals": "IN_PROGRESS"}, "at 'statusEquals' failed .* enum value set"),
        ({"nameContains": "a b"}, "at 'nameContains'"),
        ({"nextToken": "elsewhere"}, "Value 'elsewhere' at 'nextToken' is not a token"),
    ],
)
def test_the_parameters_of_a_list_are_validated(requested: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        World().client().list_model_customization_jobs(**requested)


def test_a_model_on_its_way_to_a_host_is_not_deleted() -> None:
    world = World()
    _, first, second = updating_deployment(world)
    bedrock = world.client()
    for model in (first, second):
        with pytest.raises(ClientError, match=r"ConflictException.* is still hosted by"):
            bedrock.delete_custom_model(modelIdentifier=model)


def test_bedrock_reads_no_bucket_when_a_model_is_made() -> None:
    """Deleting the training data changes neither the model's status nor its answers."""
    world = World()
    model, bedrock = distilled(world), world.client()
    world.objects.objects.clear()
    world.objects.denied.add("train-bucket")
    assert bedrock.get_custom_model(modelIdentifier=model)["modelStatus"] == "Active"
    bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
