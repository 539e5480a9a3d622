"""Delivered invocation logs: locations, records, large bodies, and lost records."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ACCOUNT, World, say

PRO = "us.amazon.nova-pro-v1:0"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/caller/session"
FOLDER = f"bedrock/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1/2026/11/23/09"
S3: dict[str, Any] = {"s3Config": {"bucketName": "log-bucket", "keyPrefix": "bedrock/"}}
TALK: dict[str, Any] = {"messages": [{"role": "user", "content": [{"text": "where is my parcel"}]}]}


def logging(**config: Any) -> World:
    world = World()
    world.caller = CALLER
    world.client().put_model_invocation_logging_configuration(loggingConfig=config or S3)
    world.objects.objects.clear()
    return world


def records(world: World) -> list[dict[str, Any]]:
    world.bedrock.tick()
    files = [body for (_, key), body in world.objects.objects.items() if "/data/" not in key]
    return [json.loads(line) for body in files for line in gzip.decompress(body).decode().splitlines()]


def test_a_record_has_caller_model_input_and_output() -> None:
    world = logging()
    requested = {**TALK, "requestMetadata": {"project": "intent"}, "performanceConfig": {"latency": "optimized"}}
    reply = world.client("bedrock-runtime").converse(modelId=PRO, **requested)
    own = {name: reply[name] for name in ("output", "stopReason", "usage", "metrics", "performanceConfig")}
    (record,) = records(world)
    assert record == {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-11-23T09:00:00Z",
        "accountId": ACCOUNT,
        "identity": {"arn": CALLER},
        "region": "us-east-1",
        "inferenceRegion": "us-east-1",
        "requestId": reply["ResponseMetadata"]["RequestId"],
        "operation": "Converse",
        "modelId": PRO,
        "requestMetadata": {"project": "intent"},
        "performanceConfig": {"latency": "optimized"},
        "input": {"inputContentType": "application/json", "inputBodyJson": requested, "inputTokenCount": 5},
        "output": {"outputContentType": "application/json", "outputBodyJson": own, "outputTokenCount": 4},
    }


def test_records_lie_in_the_hour_of_their_call_a_batch_in_a_file_delivered_as_bedrock() -> None:
    world = logging()
    say(world, PRO, "one")
    say(world, PRO, "two")
    world.clock.forward(hours=1)
    say(world, PRO, "three")
    assert world.objects.objects == {}
    assert [r["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"] for r in records(world)] == [
        "one",
        "two",
        "three",
    ]
    (first, second) = sorted(key for _, key in world.objects.objects)
    assert first.rsplit("/", 1)[0] == FOLDER
    assert second.rsplit("/", 1)[0] == FOLDER.removesuffix("09") + "10"
    stamp, number = first.rsplit("/", 1)[1].removesuffix(".json.gz").split("_")
    assert (stamp, len(number)) == ("20261123T100000000Z", 16)
    assert set(world.objects.delivered) == {f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-logging"}
    assert len(records(world)) == 3  # nothing is delivered twice


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("invoke_model", {"contentBlockDelta", "output"}),
        ("invoke_model_with_response_stream", {"messageStart", "contentBlockDelta", "metadata"}),
    ],
)
def test_native_bodies_are_logged_as_they_went(operation: str, body: set[str]) -> None:
    world = logging()
    metadata = json.dumps({"project": "intent"})
    reply = getattr(world.client("bedrock-runtime"), operation)(
        modelId=PRO, body=json.dumps(TALK), requestMetadata=metadata
    )
    sent: Any = reply["body"].read() if operation == "invoke_model" else [e["chunk"]["bytes"] for e in reply["body"]]
    (record,) = records(world)
    logged = record["output"]["outputBodyJson"]
    assert logged == (json.loads(sent) if operation == "invoke_model" else [json.loads(chunk) for chunk in sent])
    assert body & {name for each in (logged if isinstance(logged, list) else [logged]) for name in each}
    assert (record["input"]["inputBodyJson"], record["requestMetadata"]) == (TALK, {"project": "intent"})


def test_a_streamed_conversation_is_logged_as_converse_gives_it() -> None:
    world = logging()
    list(world.client("bedrock-runtime").converse_stream(modelId=PRO, **TALK)["stream"])
    (record,) = records(world)
    assert record["operation"] == "ConverseStream"
    assert record["output"]["outputBodyJson"]["output"]["message"]["role"] == "assistant"


def test_large_bodies_lie_beside_the_file_and_the_record_says_where() -> None:
    world = logging()
    say(world, PRO, "x" * 100 * 1024)
    (record,) = records(world)
    assert "inputBodyJson" not in record["input"]
    path = record["input"]["inputBodyS3Path"]
    assert path == f"s3://log-bucket/{FOLDER}/data/{record['requestId']}_input.json.gz"
    stored = gzip.decompress(world.objects.objects["log-bucket", path.removeprefix("s3://log-bucket/")])
    assert json.loads(stored)["messages"][0]["content"][0]["text"] == "x" * 100 * 1024
    assert "outputBodyJson" in record["output"]


def test_refusals_are_logged_with_their_error_and_counts_are_not_logged() -> None:
    world = logging()
    runtime = world.client("bedrock-runtime")
    with pytest.raises(ClientError):
        say(world, PRO, "hello", inferenceConfig={"maxTokens": 10_001})
    runtime.converse_stream(modelId=PRO, messages=[{"role": "user", "content": [{"text": "x" * 1_300_000}]}])
    with pytest.raises(ClientError):
        runtime.count_tokens(modelId=PRO, input={"converse": TALK})
    found = records(world)
    assert [(r["errorCode"], "output" in r) for r in found] == [("ValidationException", False)] * 2


def test_text_is_left_out_where_its_delivery_is_off_and_nothing_is_logged_without_a_configuration() -> None:
    world = logging(**S3, textDataDeliveryEnabled=False)
    say(world, PRO, "hello")
    (record,) = records(world)
    assert (record["input"], set(record["output"])) == (
        {"inputContentType": "application/json", "inputTokenCount": record["input"]["inputTokenCount"]},
        {"outputContentType", "outputTokenCount"},
    )
    world.client().delete_model_invocation_logging_configuration()
    world.objects.objects.clear()
    say(world, PRO, "hello")
    assert records(world) == []


def test_cloudwatch_gets_large_bodies_only_if_a_bucket_is_configured() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    watch: dict[str, Any] = {"logGroupName": "/bedrock", "roleArn": role}
    world = logging(cloudWatchConfig=watch)
    say(world, PRO, "hello")
    say(world, PRO, "x" * 100 * 1024)
    assert records(world) == []
    (short, long) = world.logs.events
    assert short[:3] == (role, "/bedrock", "aws/bedrock/modelinvocations")
    assert ("inputBodyJson" in short[3]["input"], "inputBodyJson" in long[3]["input"]) == (True, False)
    world = logging(cloudWatchConfig={**watch, "largeDataDeliveryS3Config": {"bucketName": "large-data"}})
    say(world, PRO, "x" * 100 * 1024)
    world.bedrock.tick()
    assert world.logs.events[0][3]["input"]["inputBodyS3Path"].startswith("s3://large-data/AWSLogs/")
    assert len(world.objects.objects) == 1


def test_a_record_that_may_not_be_written_is_lost_without_an_error() -> None:
    world = logging()
    say(world, PRO, "hello")
    world.objects.denied.add("log-bucket")
    assert records(world) == []
    world.objects.denied.clear()
    assert records(world) == []


def test_a_reset_forgets_what_was_not_delivered() -> None:
    world = logging()
    say(world, PRO, "hello")
    world.bedrock.reset()
    assert records(world) == []
