"""The logging configuration: required destinations, one per Region, and overwriting."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ACCOUNT, World

BUCKET = {"bucketName": "log-bucket", "keyPrefix": "bedrock/"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
STREAM = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/bedrock:log-stream:aws/bedrock/modelinvocations"
WATCH = {"logGroupName": "/bedrock", "roleArn": ROLE}
CHECKED = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check"


def put(world: World, region: str = "us-east-1", **config: Any) -> None:
    world.client(region=region).put_model_invocation_logging_configuration(loggingConfig=config)


def stored(world: World, region: str = "us-east-1") -> Any:
    return world.client(region=region).get_model_invocation_logging_configuration().get("loggingConfig")


def test_a_configuration_is_stored_for_its_region_overwritten_and_deleted() -> None:
    world = World()
    put(world, s3Config=BUCKET, imageDataDeliveryEnabled=False)
    assert stored(world)["s3Config"] == BUCKET
    assert (stored(world)["textDataDeliveryEnabled"], stored(world)["imageDataDeliveryEnabled"]) == (True, False)
    assert stored(world, "us-west-2") is None
    put(world, s3Config={"bucketName": "other-bucket"})
    assert stored(world)["s3Config"] == {"bucketName": "other-bucket"}
    world.client().delete_model_invocation_logging_configuration()
    world.client().delete_model_invocation_logging_configuration()
    assert stored(world) is None


def test_bedrock_writes_to_find_out_whether_it_may() -> None:
    world = World()
    put(world, s3Config=BUCKET, cloudWatchConfig={**WATCH, "largeDataDeliveryS3Config": {"bucketName": "large-data"}})
    assert world.objects.objects == {("log-bucket", f"bedrock/{CHECKED}"): b"", ("large-data", CHECKED): b""}
    assert set(world.objects.delivered) == {f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-logging"}
    assert [(action, resource) for action, resource, _ in world.roles.done] == [
        ("logs:CreateLogStream", STREAM),
        ("logs:PutLogEvents", STREAM),
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "s3Config, cloudWatchConfig or both"),
        ({"s3Config": {"bucketName": "b" * 64}}, "bucketName' failed .* less than or equal to 63"),
        ({"s3Config": {"bucketName": "denied-bucket"}}, "Failed to validate permissions for bucket: denied-bucket"),
        ({"s3Config": {"bucketName": "elsewhere"}}, "elsewhere. the bucket is in us-west-2"),
        ({"s3Config": {"bucketName": "missing"}}, "missing. the bucket does not exist"),
        ({"cloudWatchConfig": {**WATCH, "logGroupName": "/denied"}}, "log group: /denied, with role: arn:aws:iam"),
        ({"cloudWatchConfig": {**WATCH, "largeDataDeliveryS3Config": {"bucketName": "missing"}}}, "missing"),
    ],
)  # fmt: skip
def test_a_destination_that_cannot_be_written_to_is_refused(config: dict[str, Any], message: str) -> None:
    world = World()
    world.objects.denied.add("denied-bucket")
    world.objects.homes |= {"elsewhere": "us-west-2", "missing": None}
    world.roles.denied.add(("logs:PutLogEvents", STREAM.replace("/bedrock:", "/denied:")))
    with pytest.raises(ClientError, match=message) as refusal:
        put(world, **config)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert stored(world) is None


def test_a_role_that_bedrock_may_not_assume_logs_nothing() -> None:
    world = World()
    world.roles.refusal = "no"
    with pytest.raises(ClientError, match="Verify the IAM role permissions are correct"):
        put(world, cloudWatchConfig=WATCH)
