"""Bedrock in the account: a job under its role, its events, its CloudFormation types, and our administrative paths."""

import asyncio
import gzip
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions
import pytest
import urllib3.exceptions

from local.emulator.hooks.bedrock import streaming_response
from tests.unit.local.emulator.harness import REGION, EmulatorHarness, allow, document
from tests.unit.local.emulator.test_access import PROFILE, job

JOBS = f"arn:aws:bedrock:{REGION}:111111111111:model-customization-job/*"
EVALUATIONS = JOBS.replace("model-customization", "evaluation")
TRUST = {
    "Condition": {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": JOBS},
    }
}


def line(number: int) -> str:
    """Returns one prompt of a training file, with its answer."""
    label = ("delivery.late", "payment.declined")[number % 2]
    text = f"message {number} about a {label.split('.')[0]} that was {label.split('.')[1]}"
    return json.dumps(
        {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": "Answer with one label: delivery.late, payment.declined"}],
            "messages": [
                {"role": "user", "content": [{"text": text}]},
                {"role": "assistant", "content": [{"text": label}]},
            ],
        }
    )


def filled(harness: EmulatorHarness) -> str:
    """Creates a bucket with an encrypted training file."""
    name, s3 = f"b-{uuid.uuid4().hex[:8]}", harness.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="train.jsonl", Body="\n".join(map(line, range(120))).encode())
    return name


@pytest.fixture(scope="module")
def bucket(harness: EmulatorHarness) -> str:
    return filled(harness)


def request(role: str, bucket: str) -> dict[str, Any]:
    """Returns a request for a job with the bucket's training file."""
    where = {
        "trainingDataConfig": {"s3Uri": f"s3://{bucket}/train.jsonl"},
        "outputDataConfig": {"s3Uri": f"s3://{bucket}/out/"},
    }
    return job(role) | where


TEACHER = allow(
    "bedrock:InvokeModel",
    *[f"arn:aws:bedrock:{to}::foundation-model/amazon.nova-pro-v1:0" for to in ("us-east-1", "us-east-2", "us-west-2")],
    StringEquals={"bedrock:InferenceProfileArn": PROFILE},
)


def test_a_job_reads_and_writes_as_its_role_and_tells_of_its_end(harness: EmulatorHarness, bucket: str) -> None:
    url, queue = harness.queue("events.amazonaws.com")
    events, bedrock = harness.client("events"), harness.client("bedrock")
    pattern = {"source": ["aws.bedrock"], "detail": {"jobStatus": ["Completed"]}}
    events.put_rule(Name="job-done", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="job-done", Targets=[{"Id": "q", "Arn": queue}])
    reads, writes = f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}/out/*"
    teacher = allow("bedrock:InvokeModel", PROFILE), TEACHER
    granted = allow("s3:GetObject", reads), allow("s3:PutObject", writes), *teacher
    arn = bedrock.create_model_customization_job(
        **request(harness.role("bedrock.amazonaws.com", *granted, trust=TRUST), bucket)
    )["jobArn"]
    event = harness.until(lambda: harness.message(url))
    assert (event["detail-type"], event["detail"]["jobArn"]) == ("Model Customization Job State Change", arn)
    done = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert done["status"] == "Completed"
    assert ":custom-model/" in done["outputModelArn"]
    assert harness.client("s3").list_objects_v2(Bucket=bucket, Prefix="out/")["KeyCount"] > 0


def test_a_job_whose_role_may_not_read_fails(harness: EmulatorHarness, bucket: str) -> None:
    bedrock = harness.client("bedrock")
    role = harness.role("bedrock.amazonaws.com", trust=TRUST)
    arn = bedrock.create_model_customization_job(**request(role, bucket))["jobArn"]
    read = bedrock.get_model_customization_job
    failed = harness.until(lambda: (found := read(jobIdentifier=arn))["status"] == "Failed" and found)
    assert "s3:GetObject" in failed["failureMessage"]


def failure(harness: EmulatorHarness, request: dict[str, Any]) -> str:
    """Returns the failure message of a job."""
    bedrock = harness.client("bedrock")
    arn = bedrock.create_model_customization_job(**request)["jobArn"]
    read = bedrock.get_model_customization_job
    failed = harness.until(lambda: (found := read(jobIdentifier=arn))["status"] == "Failed" and found)
    return str(failed["failureMessage"])


def test_a_job_whose_role_may_not_call_the_teacher_in_every_region_fails(harness: EmulatorHarness, bucket: str) -> None:
    granted = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), allow("bedrock:InvokeModel", PROFILE)
    role = harness.role("bedrock.amazonaws.com", *granted, trust=TRUST)
    assert f"bedrock:InvokeModel on resource: arn:aws:bedrock:{REGION}::foundation" in failure(
        harness, request(role, bucket)
    )


def test_a_job_lists_its_invocation_logs_as_its_role(harness: EmulatorHarness, bucket: str) -> None:
    logs = {"invocationLogsConfig": {"invocationLogSource": {"s3Uri": f"s3://{bucket}/logs"}}}
    teacher, lists = (allow("bedrock:InvokeModel", PROFILE), TEACHER), f"arn:aws:s3:::{bucket}"
    for statements, said in (
        (teacher, f"s3:ListBucket on resource: {lists}"),
        ((*teacher, allow("s3:ListBucket", lists, StringLike={"s3:prefix": "logs*"})), "have 0 prompts to use"),
    ):
        role = harness.role("bedrock.amazonaws.com", *statements, trust=TRUST)
        assert said in failure(harness, request(role, bucket) | {"trainingDataConfig": logs})


def test_a_key_for_the_model_needs_its_grant(harness: EmulatorHarness, bucket: str) -> None:
    key, kms = harness.client("kms").create_key()["KeyMetadata"]["Arn"], ("Describe*", "GenerateDataKey", "Decrypt")
    granted = [allow(f"kms:{each}", key) for each in (*kms, "CreateGrant")]
    role = harness.role("bedrock.amazonaws.com", *granted, trust=TRUST)
    base = [allow("bedrock:*", "*"), allow("iam:PassRole", role), *[allow(f"kms:{each}", key) for each in kms]]
    asked = request(role, bucket) | {"customModelKmsKeyId": key}
    with pytest.raises(botocore.exceptions.ClientError, match="kms:CreateGrant"):
        harness.acting("bedrock", *base).create_model_customization_job(**asked)
    harness.acting("bedrock", *base, allow("kms:CreateGrant", key)).create_model_customization_job(**asked)
    with pytest.raises(botocore.exceptions.ClientError, match="does not exist in us-east-1"):
        harness.client("bedrock").create_model_customization_job(
            **request(role, bucket) | {"customModelKmsKeyId": "alias/none"}
        )


def _another(condition: dict[str, Any]) -> dict[str, Any]:
    return {"Condition": condition}


@pytest.mark.parametrize(
    ("trusted", "trust"),
    [
        ("lambda.amazonaws.com", {}),
        ("bedrock.amazonaws.com", _another({"StringEquals": {"aws:SourceAccount": "999999999999"}})),
        (
            "bedrock.amazonaws.com",
            _another({"ArnLike": {"aws:SourceArn": JOBS.replace("model-customization", "evaluation")}}),
        ),
    ],
)
def test_bedrock_takes_only_a_role_that_trusts_it_for_this(
    harness: EmulatorHarness, bucket: str, trusted: str, trust: dict[str, Any]
) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="Could not assume"):
        harness.client("bedrock").create_model_customization_job(**request(harness.role(trusted, trust=trust), bucket))


LOGS = f"arn:aws:bedrock:{REGION}:111111111111:*"


def admitting(bucket: str, resource: str, source: str) -> str:
    """Returns the bucket policy of the User Guide for Bedrock's invocation logs."""
    condition = {"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn": source}}
    statement = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/{resource}/*", **condition)
    return document(statement | {"Principal": {"Service": "bedrock.amazonaws.com"}})


@pytest.mark.parametrize(
    ("prefix", "source", "admitted"),
    [
        ("logs/AWSLogs/111111111111/BedrockModelInvocationLogs", LOGS, True),
        ("AWSLogs/111111111111/BedrockModelInvocationLogs", LOGS, False),
        ("logs", LOGS.replace(REGION, "us-west-2"), False),
    ],
)
def test_invocation_logs_go_where_the_buckets_policy_admits_bedrock(
    harness: EmulatorHarness, prefix: str, source: str, admitted: bool
) -> None:
    name, s3, bedrock = f"b-{uuid.uuid4().hex[:8]}", harness.client("s3"), harness.client("bedrock")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=admitting(name, prefix, source))
    config = {"s3Config": {"bucketName": name, "keyPrefix": "logs"}}
    if not admitted:
        with pytest.raises(botocore.exceptions.ClientError, match="Failed to validate permissions for bucket"):
            bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
        return
    bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
    assert s3.list_objects_v2(Bucket=name, Prefix=prefix)["KeyCount"] == 1
    bedrock.delete_model_invocation_logging_configuration()


def test_every_invocation_is_logged_with_who_made_it(harness: EmulatorHarness) -> None:
    name, group, model = f"b-{uuid.uuid4().hex[:8]}", f"/bedrock/{uuid.uuid4().hex[:8]}", "amazon.nova-micro-v1:0"
    s3, logs, bedrock = (harness.client(service) for service in ("s3", "logs", "bedrock"))
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=admitting(name, "AWSLogs/111111111111/BedrockModelInvocationLogs", LOGS))
    logs.create_log_group(logGroupName=group)
    stream = f"arn:aws:logs:{REGION}:111111111111:log-group:{group}:log-stream:aws/bedrock/modelinvocations"
    granted = [allow(f"logs:{action}", stream) for action in ("CreateLogStream", "PutLogEvents")]
    watch = {"logGroupName": group, "roleArn": harness.role("bedrock.amazonaws.com", *granted)}
    bedrock.put_model_invocation_logging_configuration(
        loggingConfig={"s3Config": {"bucketName": name}, "cloudWatchConfig": watch}
    )
    invoking = allow("bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}::foundation-model/{model}")
    said = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
    reply = harness.acting("bedrock-runtime", invoking).converse(modelId=model, messages=said)

    def delivered() -> list[str]:
        listed = s3.list_objects_v2(Bucket=name).get("Contents", [])
        return [found["Key"] for found in listed if found["Key"].endswith(".json.gz")]

    (key,) = harness.until(delivered)
    record = json.loads(gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()))
    assert record["identity"]["arn"].startswith("arn:aws:sts::111111111111:assumed-role/role-")
    assert record["requestId"] == reply["ResponseMetadata"]["RequestId"]
    assert record["input"]["inputBodyJson"]["messages"] == said
    told = logs.get_log_events(logGroupName=group, logStreamName="aws/bedrock/modelinvocations")["events"]
    assert [json.loads(event["message"]) for event in told] == [record]
    bedrock.delete_model_invocation_logging_configuration()


def refused(call: Any, **parameters: Any) -> str:
    """Returns the error code of a call, after the client's own retries."""
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        call(**parameters)
    return str(refusal.value.response["Error"]["Code"])


def deploy(harness: EmulatorHarness, stack: str, resources: dict[str, Any]) -> dict[str, Any]:
    """Creates or updates a stack and waits for it. Returns its description."""
    cfn = harness.client("cloudformation")
    outputs = {"Ref": {"Value": {"Ref": "R"}}}
    template = json.dumps({"Resources": resources, "Outputs": outputs})
    exists = stack in [found["StackName"] for found in cfn.describe_stacks()["Stacks"]]
    (cfn.update_stack if exists else cfn.create_stack)(StackName=stack, TemplateBody=template)

    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = cfn.describe_stacks(StackName=stack)["Stacks"][0]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    done: dict[str, Any] = harness.until(settled)
    return done


def test_cloudformation_makes_tags_and_deletes_a_profile(harness: EmulatorHarness) -> None:
    stack, bedrock = f"s-{uuid.uuid4().hex[:8]}", harness.client("bedrock")
    source = f"arn:aws:bedrock:{REGION}:111111111111:inference-profile/us.amazon.nova-pro-v1:0"
    for value in ("one", "two"):
        properties = {
            "InferenceProfileName": stack,
            "ModelSource": {"CopyFrom": source},
            "Tags": [{"Key": "k", "Value": value}],
        }
        made = deploy(
            harness, stack, {"R": {"Type": "AWS::Bedrock::ApplicationInferenceProfile", "Properties": properties}}
        )
        assert made["StackStatus"].endswith("_COMPLETE")
        found = bedrock.get_inference_profile(inferenceProfileIdentifier=made["Outputs"][0]["OutputValue"])
        tags = bedrock.list_tags_for_resource(resourceARN=found["inferenceProfileArn"])["tags"]
        assert (found["inferenceProfileName"], tags) == (stack, [{"key": "k", "value": value}])
    harness.client("cloudformation").delete_stack(StackName=stack)

    def names() -> list[str]:
        summaries = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
        return [summary["inferenceProfileName"] for summary in summaries]

    harness.until(lambda: stack not in names())


def test_cloudformation_makes_a_budget(harness: EmulatorHarness) -> None:
    budget = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 10, "Unit": "USD"}}
    stack = f"s-{uuid.uuid4().hex[:8]}"
    resources = {"R": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": budget}}}
    name = deploy(harness, stack, resources)["Outputs"][0]["OutputValue"]
    found = harness.client("budgets").describe_budget(AccountId="111111111111", BudgetName=name)["Budget"]
    assert found["BudgetLimit"]["Amount"] == "10"


def test_faults_can_be_set_and_lifted(harness: EmulatorHarness) -> None:
    added = harness.admin("POST", "faults", [{"kind": "failed-job", "named": "bad-"}, {"kind": "lost-event"}])
    assert [fault["kind"] for fault in harness.admin("GET", "faults")] == ["failed-job", "lost-event"]
    assert harness.admin("DELETE", f"faults/{added[0]['id']}")[0]["kind"] == "lost-event"
    assert harness.admin("DELETE", "faults") == []


def test_the_clock_can_be_read_and_sped_up(harness: EmulatorHarness) -> None:
    before = harness.admin("GET", "clock")
    assert harness.admin("PUT", "clock", {"speed": 1800})["speed"] == 1800
    after = harness.admin("PUT", "clock", {"speed": before["speed"]})
    assert after["speed"] == before["speed"]
    assert after["now"] >= before["now"]


def test_the_inventory_counts_what_bills_by_the_hour(harness: EmulatorHarness) -> None:
    assert harness.admin("GET", "inventory")["bills_by_the_hour"] == []


def test_answers_stream_through_the_account(harness: EmulatorHarness) -> None:
    model, said = "us.amazon.nova-pro-v1:0", [{"role": "user", "content": [{"text": "where is my parcel"}]}]
    everywhere = [f"arn:aws:bedrock:{region}::foundation-model/*" for region in ("us-east-1", "us-east-2", "us-west-2")]
    named = [f"arn:aws:bedrock:{REGION}:111111111111:inference-profile/{model}", *everywhere]
    granted = [allow("bedrock:InvokeModelWithResponseStream", arn) for arn in named]
    runtime = harness.acting("bedrock-runtime", *granted)
    deltas = [e["contentBlockDelta"] for e in runtime.converse_stream(modelId=model, messages=said)["stream"] if
              "contentBlockDelta" in e]  # fmt: skip
    assert "".join(delta["delta"]["text"] for delta in deltas) == "topic.delivery"
    body = json.dumps({"messages": said})
    streamed = runtime.invoke_model_with_response_stream(modelId=model, body=body)["body"]
    assert json.loads(next(iter(streamed))["chunk"]["bytes"]) == {"messageStart": {"role": "assistant"}}
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        runtime.invoke_model(modelId=model, body=body)


def test_an_answer_can_be_lost_after_the_work_is_done_and_is_told_when_asked_again(harness: EmulatorHarness) -> None:
    """The client's own retry carries the same token: it gets the answer, and nothing is made twice."""
    bedrock = harness.client("bedrock")
    harness.admin("POST", "faults", {"kind": "no-answer", "operation": "CreateInferenceProfile", "times": 1})
    name = f"p-{uuid.uuid4().hex[:8]}"
    try:
        made = bedrock.create_inference_profile(inferenceProfileName=name, modelSource={"copyFrom": PROFILE})
    finally:
        struck = harness.admin("GET", "faults")[0]["struck"]
        harness.admin("DELETE", "faults")
    assert (struck, made["ResponseMetadata"]["RetryAttempts"]) == (1, 1)
    summaries = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert [one["inferenceProfileArn"] for one in summaries if one["inferenceProfileName"] == name] == [
        made["inferenceProfileArn"]
    ]


def test_the_account_s_own_questions_meet_no_fault(harness: EmulatorHarness) -> None:
    """IAM looks up what a name stands for: that consumes no fault, and is not refused."""
    harness.admin("POST", "faults", {"kind": "error", "error": "ThrottlingException", "times": 1})
    try:
        acting = harness.acting("bedrock", allow("bedrock:GetCustomModel", "*"))
        code = refused(acting.get_custom_model, modelIdentifier="no-such-model")
        struck = harness.admin("GET", "faults")[0]["struck"]
    finally:
        harness.admin("DELETE", "faults")
    assert (code, struck) == ("ResourceNotFoundException", 1)


def test_a_stream_can_break_off_in_the_account(harness: EmulatorHarness) -> None:
    runtime = harness.client("bedrock-runtime")
    harness.admin("POST", "faults", {"kind": "stream", "events": 2})
    try:
        said = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
        stream = runtime.converse_stream(modelId="us.amazon.nova-pro-v1:0", messages=said)["stream"]
        with pytest.raises(urllib3.exceptions.ProtocolError, match="ended prematurely"):
            list(stream)
    finally:
        harness.admin("DELETE", "faults")


@pytest.fixture
def felt(harness: EmulatorHarness) -> Iterator[None]:
    """Makes answers take their modelled time, times four."""
    harness.admin("PUT", "latency", {"scale": 4.0})
    yield
    harness.admin("PUT", "latency", {"scale": 0.0})


@pytest.mark.usefixtures("felt")
def test_felt_latency_spreads_a_stream_and_keeps_no_caller_waiting_for_another(harness: EmulatorHarness) -> None:
    said = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
    runtime, model = harness.client("bedrock-runtime"), "amazon.nova-micro-v1:0"
    began = time.monotonic()
    events = [(time.monotonic() - began, e) for e in runtime.converse_stream(modelId=model, messages=said)["stream"]]
    taken = next(e for _, e in events if "metadata" in e)["metadata"]["metrics"]["latencyMs"] / 1000 * 4
    assert events[0][0] > taken / 2
    assert events[-1][0] >= taken - 0.01
    assert events[-1][0] - events[0][0] > 0.01
    began = time.monotonic()
    with ThreadPoolExecutor(10) as callers:
        list(callers.map(lambda _: runtime.converse(modelId=model, messages=said), range(10)))
    assert (
        taken - 0.01 <= time.monotonic() - began < 9 * taken
    )  # one after the other, they would take ten times as long


def test_a_body_that_arrives_over_time_keeps_nobody_waiting() -> None:
    sent: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["body"])

    async def both() -> None:
        slow = streaming_response([(0.03, b"slow 1"), (0.03, b"slow 2")]).runner(send, None)
        await asyncio.gather(slow, streaming_response([(0.0, b"fast 1"), (0.0, b"fast 2")]).runner(send, None))

    asyncio.run(both())
    assert sent == [b"fast 1", b"fast 2", b"", b"slow 1", b"slow 2", b""]
