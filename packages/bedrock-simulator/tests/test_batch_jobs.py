"""Batch inference jobs: validation, status, output in S3, and events."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from simulator_support.fakes import ACCOUNT, ROLE, SYSTEM, World, job, prompts

PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"
THROUGH = f"us.{PRO}"
INPUT = ("batch-bucket", "in/prompts.jsonl")


def body(number: int) -> dict[str, Any]:
    row = prompts(number + 1)[number]
    return {"system": row["system"], "messages": row["messages"][:1]}


def lines(count: int = 100) -> bytes:
    rows = [{"recordId": f"R{number}", "modelInput": body(number)} for number in range(count)]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def batch(name: str = "batch-1", **changes: Any) -> dict[str, Any]:
    return {
        "jobName": name,
        "roleArn": ROLE,
        "modelId": PRO,
        "modelInvocationType": "Converse",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://batch-bucket/in/"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://batch-bucket/out/"}},
        **changes,
    }


def run(world: World, minutes: float = 40, **changes: Any) -> Any:
    """Returns the job after that time."""
    world.objects.objects.setdefault(INPUT, lines())
    bedrock = world.client()
    arn = bedrock.create_model_invocation_job(**batch(**changes))["jobArn"]
    world.pass_time(minutes, step=1)
    return bedrock.get_model_invocation_job(jobIdentifier=arn)


def output(world: World) -> dict[str, bytes]:
    """The objects under the job's own folder."""
    found = {key: text for (_, key), text in world.objects.objects.items() if key.startswith("out/")}
    return {key.split("/", 2)[2]: text for key, text in found.items()}


def test_every_record_has_its_answer_and_the_manifest_counts_them() -> None:
    world = World()
    done = run(world)
    assert (done["status"], done["totalRecordCount"], done["successRecordCount"]) == ("Completed", 100, 100)
    files = output(world)
    assert set(files) == {"prompts.jsonl.out", "manifest.json.out"}
    rows = [json.loads(line) for line in files["prompts.jsonl.out"].splitlines()]
    assert [row["recordId"] for row in rows] == [f"R{number}" for number in range(100)]
    assert rows[0]["modelInput"] == body(0)
    assert rows[0]["modelOutput"]["output"]["message"]["content"] == [{"text": "refund"}]
    manifest = json.loads(files["manifest.json.out"])
    assert (manifest["totalRecordCount"], manifest["errorRecordCount"]) == (100, 0)
    assert manifest["inputTokenCount"] > manifest["outputTokenCount"] > 0


def test_native_bodies_are_the_default_and_a_refused_record_is_an_error_of_its_own() -> None:
    world = World()
    rows: list[dict[str, Any]] = [
        {"modelInput": {"schemaVersion": "messages-v1", **body(number)}} for number in range(99)
    ]
    rows.append({"recordId": "BAD", "modelInput": {"prompt": "not Nova's"}})
    world.objects.objects[INPUT] = "\n".join(map(json.dumps, rows)).encode()
    request = batch()
    del request["modelInvocationType"]
    bedrock = world.client()
    arn = bedrock.create_model_invocation_job(**request)["jobArn"]
    world.pass_time(40)
    done = bedrock.get_model_invocation_job(jobIdentifier=arn.rsplit("/", 1)[1])
    assert (done["status"], done["errorRecordCount"], done["modelInvocationType"]) == ("Completed", 1, "InvokeModel")
    answers = [json.loads(line) for line in output(world)["prompts.jsonl.out"].splitlines()]
    assert len({row["recordId"] for row in answers}) == 100
    assert answers[0]["modelOutput"]["output"]["message"]["content"] == [{"text": "refund"}]
    assert answers[-1]["error"]["errorCode"] == 400
    assert "Malformed input request" in answers[-1]["error"]["errorMessage"]
    assert "modelOutput" not in answers[-1]


def test_every_status_of_a_job_is_an_event() -> None:
    world = World()
    world.objects.objects[INPUT] = lines()
    bedrock = world.client()
    arn = bedrock.create_model_invocation_job(**batch())["jobArn"]
    seen, counted = [], []
    for _ in range(25):
        world.pass_time(1)
        now = bedrock.get_model_invocation_job(jobIdentifier=arn)
        seen.append(now["status"])
        counted.append(now["processedRecordCount"])
    states = ["Submitted", "Validating", "Scheduled", "InProgress", "Completed"]
    assert list(dict.fromkeys(["Submitted", *seen])) == states
    assert counted == sorted(counted)
    assert 0 < counted[seen.index("InProgress") + 3] < 100
    reported = [event for event in world.events.events if event["type"] == "Batch Inference Job State Change"]
    assert [event["detail"]["status"] for event in reported] == states
    assert reported[0]["resources"] == [arn]
    detail = reported[-1]["detail"]
    assert (detail["batchJobArn"], detail["batchJobName"], detail["accountId"]) == (arn, "batch-1", ACCOUNT)
    assert detail["batchModelId"] == f"arn:aws:bedrock:us-east-1::foundation-model/{PRO}"
    assert (detail["creationTime"], detail["failureMessage"]) == ("Nov 23, 2026, 09:00:00 AM", "")


def test_there_were_batches_before_there_were_events_of_them() -> None:
    world = World(datetime(2024, 9, 10, tzinfo=UTC))
    request = batch(modelId="anthropic.claude-3-haiku-20240307-v1:0")
    del request["modelInvocationType"]
    world.client().create_model_invocation_job(**request)
    world.pass_time(40)
    assert world.events.events == []


@pytest.mark.parametrize(
    ("body_", "message"),
    [
        (lines(99), "The input has 99 records; a batch inference job takes 100 to 50000"),
        (lines() + b"{", "Line 101 of prompts.jsonl is not JSON"),
        (lines() + b'{"modelInput": "x"}', "Line 101 of prompts.jsonl must have a modelInput"),
        (lines() + b'{"recordId": 1, "modelInput": {}}', "The recordId of line 101"),
    ],
)
def test_input_that_does_not_fit_fails_the_job_at_validation(body_: bytes, message: str) -> None:
    world = World()
    world.objects.objects[INPUT] = body_
    assert message in run(world, 12)["message"]


def test_a_folder_without_a_file_fails_the_job() -> None:
    nowhere = {"s3InputDataConfig": {"s3Uri": "s3://batch-bucket/nowhere"}}
    assert (
        "There is no .jsonl file in s3://batch-bucket/nowhere" in run(World(), 12, inputDataConfig=nowhere)["message"]
    )


def test_a_role_that_may_not_read_or_call_the_profile_fails_the_job() -> None:
    world = World()
    world.objects.denied.add("batch-bucket")
    assert "may not list s3://batch-bucket/in/" in run(world, 12)["message"]
    world = World()
    destination = f"arn:aws:bedrock:us-west-2::foundation-model/{PRO}"
    world.roles.denied.add(("bedrock:InvokeModel", destination))
    assert f"bedrock:InvokeModel on resource: {destination}" in run(world, 12, modelId=THROUGH)["message"]
    world = World()
    world.roles.denied.add(("bedrock:InvokeModel", f"arn:aws:bedrock:us-east-1::foundation-model/{PRO}"))
    assert run(world)["status"] == "Completed"


def test_a_file_may_be_named_and_a_folder_read_whole() -> None:
    world = World()
    world.objects.objects |= {("batch-bucket", "in/a/one.jsonl"): lines(60), ("batch-bucket", "in/b.jsonl"): lines(60)}
    world.objects.objects[INPUT] = lines(100)
    one = {"s3InputDataConfig": {"s3Uri": "s3://batch-bucket/in/prompts.jsonl"}}
    assert run(world, name="named", inputDataConfig=one)["totalRecordCount"] == 100
    assert run(world)["totalRecordCount"] == 220
    assert {"a/one.jsonl.out", "b.jsonl.out", "prompts.jsonl.out"} <= set(output(world))


STUDENT = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/{MICRO}:128k/{'a' * 12}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"jobName": "a_b"}, "at 'jobName'"),
        ({"timeoutDurationInHours": 169}, "less than or equal to 168"),
        ({"modelId": "amazon.nova-nonesuch-v1:0"}, "model identifier is invalid"),
        ({"modelId": f"{MICRO}:128k"}, "model identifier is invalid"),
        ({"modelId": STUDENT}, "model identifier is invalid"),
        ({"modelId": "us.anthropic.claude-haiku-5-5"}, "Batch inference is not supported for us.anthropic"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://west-bucket/in"}}}, "of inputDataConfig is in"),
        ({"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://west-bucket/in"}}}, "of outputDataConfig is in"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://abc/in", "s3BucketOwner": "9" * 12}}},
         f"buckets of {ACCOUNT} only"),
        ({"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://abc/o", "s3EncryptionKeyId": "alias/none"}}},
         "The KMS key alias/none does not exist"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    world = World()
    world.objects.homes["west-bucket"] = "us-west-2"
    with pytest.raises(ClientError, match=sentence) as refusal:
        world.client().create_model_invocation_job(**batch(**changes))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def test_names_are_unique_and_twenty_jobs_of_a_model_may_be_under_way() -> None:
    world = World()
    bedrock = world.client()
    for number in range(20):
        bedrock.create_model_invocation_job(**batch(f"batch-{number}"))
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.create_model_invocation_job(**batch("batch-3"))
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        bedrock.create_model_invocation_job(**batch("batch-20"))
    bedrock.create_model_invocation_job(**batch("batch-20", modelId=MICRO))


def test_a_role_that_bedrock_may_not_assume_for_batches_is_refused() -> None:
    world = World()
    world.roles.refusal = "Could not assume provided IAM role."
    with pytest.raises(ClientError, match="Could not assume"):
        world.client().create_model_invocation_job(**batch())
    assert world.roles.requested[0].startswith(f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-job/")


def test_a_job_can_be_stopped_once_and_writes_nothing() -> None:
    world = World()
    arn, bedrock = run(world, 8)["jobArn"], world.client()
    bedrock.stop_model_invocation_job(jobIdentifier=arn)
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.stop_model_invocation_job(jobIdentifier=arn)
    world.pass_time(30)
    stopped = bedrock.get_model_invocation_job(jobIdentifier=arn)
    assert (stopped["status"], output(world)) == ("Stopped", {})
    assert stopped["endTime"] > stopped["submitTime"]


def test_jobs_are_listed_and_tagged() -> None:
    world = World()
    tags = [{"key": "team", "value": "red"}]
    arn = run(world, name="first", tags=tags)["jobArn"]
    bedrock = world.client()
    bedrock.create_model_invocation_job(**batch("second"))
    for requested, found in (
        ({}, ["second", "first"]),
        ({"statusEquals": "Completed"}, ["first"]),
        ({"nameContains": "sec"}, ["second"]),
        ({"submitTimeAfter": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)}, ["second"]),
        ({"submitTimeBefore": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)}, ["first"]),
    ):
        listed = bedrock.list_model_invocation_jobs(**requested)["invocationJobSummaries"]
        assert [each["jobName"] for each in listed] == found, requested
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == tags
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_model_invocation_job(jobIdentifier="a" * 12)


@pytest.mark.parametrize(("stage", "state"), [("Validation", "Validating"), ("Training", "InProgress")])
def test_a_job_fails_or_is_stuck_on_request(stage: str, state: str) -> None:
    failing = World(datetime(2026, 11, 23, 9, tzinfo=UTC), Fault("failed-job", stage=stage, message="no luck"))
    failed = run(failing)
    assert (failed["status"], failed["message"]) == ("Failed", "no luck")
    assert run(World(datetime(2026, 11, 23, 9, tzinfo=UTC), Fault("stuck-job", stage=stage)))["status"] == state


def test_a_batch_and_a_customization_share_no_names() -> None:
    world = World()
    world.client().create_model_invocation_job(**batch("same"))
    world.client().create_model_customization_job(**job("same"))
    assert SYSTEM in json.dumps(body(0))
