"""IAM decides on every Bedrock call, resource by resource, and on the keys of objects."""

import json
import uuid
from functools import partial
from typing import Any

import botocore.exceptions
import pytest

from local.emulator import bedrock_access
from tests.unit.local.emulator.harness import EmulatorHarness, allow

HERE = "arn:aws:bedrock:us-east-1:111111111111"
PROFILE = f"{HERE}:inference-profile/us.amazon.nova-pro-v1:0"
MODEL = "arn:aws:bedrock:{}::foundation-model/amazon.nova-pro-v1:0"
EVERYWHERE = [MODEL.format(region) for region in ("us-east-1", "us-east-2", "us-west-2")]
QUESTION: dict[str, Any] = {"messages": [{"role": "user", "content": [{"text": "Where is my parcel?"}]}]}
THROUGH = {"StringEquals": {"bedrock:InferenceProfileArn": PROFILE}}
ELSEWHERE = {"StringEquals": {"bedrock:InferenceProfileArn": "arn:aws:bedrock:us-east-1:1:inference-profile/x"}}
INVOKE = "bedrock:InvokeModel"


def refusal(call: Any, **parameters: Any) -> str:
    """Returns IAM's error message, or "" if the call is allowed."""
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        found = error.response["Error"]
        return found["Message"] if found["Code"].startswith("AccessDenied") else ""
    return ""


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/model/us.amazon.nova-pro-v1%3A0/converse", "Converse"),
        ("POST", "/model/arn%3Aaws%3Abedrock%3Ar%3Aa%3Ax%2Fy/converse-stream", "ConverseStream"),
        ("POST", "/model/m/invoke", "InvokeModel"),
    ],
)
def test_a_runtime_path_names_its_operation(method: str, path: str, operation: str) -> None:
    assert bedrock_access.operation("bedrock-runtime", method, path)[0] == operation


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/model-customization-jobs", "CreateModelCustomizationJob"),
        ("GET", "/model-customization-jobs/arn%3Aa%2Fb%2Fc", "GetModelCustomizationJob"),
        ("POST", "/model-customization-jobs/arn%3Aa%2Fb%2Fc/stop", "StopModelCustomizationJob"),
        ("PATCH", "/model-customization/custom-model-deployments/d", "UpdateCustomModelDeployment"),
        ("DELETE", "/provisioned-model-throughput/arn%3Aa%2Fb", "DeleteProvisionedModelThroughput"),
        ("POST", "/evaluation-job/arn%3Aa%2Fb/stop", "StopEvaluationJob"),
        ("POST", "/evaluation-jobs/batch-delete", "BatchDeleteEvaluationJob"),
        ("GET", "/model-invocation-job/arn%3Aa%2Fb", "GetModelInvocationJob"),
        ("DELETE", "/resource-policy/arn%3Aa%2Fb", "DeleteResourcePolicy"),
        ("GET", "/no-such-thing", None),
    ],
)
def test_a_control_path_names_its_operation(method: str, path: str, operation: str | None) -> None:
    assert bedrock_access.operation("bedrock", method, path)[0] == operation


@pytest.mark.parametrize(
    ("statements", "refused"),
    [
        ([], PROFILE),
        ([allow(INVOKE, PROFILE)], EVERYWHERE[0]),
        ([allow(INVOKE, PROFILE), allow(INVOKE, *EVERYWHERE[:2], **THROUGH)], EVERYWHERE[2]),
        ([allow(INVOKE, PROFILE), allow(INVOKE, *EVERYWHERE, **ELSEWHERE)], EVERYWHERE[0]),
        ([allow(INVOKE, PROFILE), allow(INVOKE, *EVERYWHERE, **THROUGH)], ""),
    ],
)
def test_a_call_through_a_profile_needs_the_model_in_every_region(
    harness: EmulatorHarness, statements: list[dict[str, Any]], refused: str
) -> None:
    runtime = harness.acting("bedrock-runtime", *statements)
    said = refusal(runtime.converse, modelId="us.amazon.nova-pro-v1:0", **QUESTION)
    assert (refused in said) if refused else said == ""


HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
GLOBAL = f"{HERE}:inference-profile/global.{HAIKU}"


@pytest.mark.parametrize("missing", [GLOBAL, f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}",
                                     f"arn:aws:bedrock:::foundation-model/{HAIKU}", None])  # fmt: skip
def test_a_global_profile_needs_the_model_here_and_without_a_region(
    harness: EmulatorHarness, missing: str | None
) -> None:
    needed = [GLOBAL, *(f"arn:aws:bedrock:{region}::foundation-model/{HAIKU}" for region in ("us-east-1", ""))]
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, *(arn for arn in needed if arn != missing)))
    said = refusal(runtime.converse, modelId=f"global.{HAIKU}", **QUESTION)
    assert (f"{INVOKE} on resource: {missing}" in said) if missing else said == ""


def job(role: str) -> dict[str, Any]:
    """Returns a request for a distillation job that the simulator refuses as soon as IAM has allowed it."""
    return {
        "jobName": f"j-{uuid.uuid4().hex[:8]}",
        "customModelName": f"m-{uuid.uuid4().hex[:8]}",
        "roleArn": role,
        "baseModelIdentifier": "amazon.nova-micro-v1:0:128k",
        "customizationType": "DISTILLATION",
        "trainingDataConfig": {"s3Uri": "s3://nowhere-at-all/train.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://nowhere-at-all/out/"},
        "customizationConfig": {
            "distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": "us.amazon.nova-pro-v1:0"}}
        },
        "jobTags": [{"key": "project", "value": "p"}],
    }


CREATE = "bedrock:CreateModelCustomizationJob"
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k"
NEW = (f"{HERE}:model-customization-job/*", f"{HERE}:custom-model/*")


def test_a_job_needs_the_base_its_tags_and_the_role_it_hands_over(harness: EmulatorHarness) -> None:
    role = harness.role("bedrock.amazonaws.com")
    create, tag = allow(CREATE, BASE, *NEW), allow("bedrock:TagResource", f"{HERE}:model-customization-job/*")
    pass_role = allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "bedrock.amazonaws.com"})
    for statements, refused in (
        ([allow(CREATE, *NEW)], f"{CREATE} on resource: {BASE}"),
        ([allow(CREATE, BASE)], f"{CREATE} on resource: {HERE}:model-customization-job/"),
        ([create], "bedrock:TagResource"),
        ([create, tag], f"iam:PassRole on resource: {role}"),
    ):
        said = refusal(harness.acting("bedrock", *statements).create_model_customization_job, **job(role))
        assert refused in said
    granted = harness.acting("bedrock", create, tag, pass_role)
    assert refusal(granted.create_model_customization_job, **job(role)) == ""


STORE = {"s3Uri": "s3://nowhere-at-all/out/"}
BATCH = {
    "jobName": "b",
    "modelId": "us.amazon.nova-pro-v1:0",
    "inputDataConfig": {"s3InputDataConfig": STORE},
    "outputDataConfig": {"s3OutputDataConfig": STORE},
    "tags": [{"key": "k", "value": "v"}],
}
HELD_OUT = {"name": "d", "datasetLocation": {"s3Uri": "s3://nowhere-at-all/d.jsonl"}}
EVALUATION = {
    "jobName": "e",
    "evaluationConfig": {
        "automated": {
            "datasetMetricConfigs": [
                {"taskType": "Custom", "dataset": HELD_OUT, "metricNames": ["Builtin.Accuracy"]},
            ]
        }
    },
    "inferenceConfig": {"models": [{"bedrockModel": {"modelIdentifier": "amazon.nova-pro-v1:0"}}]},
    "outputDataConfig": STORE,
    "jobTags": [{"key": "k", "value": "v"}],
}


@pytest.mark.parametrize(
    ("call", "request_", "action", "on", "kind"),
    [
        ("create_model_invocation_job", BATCH, "CreateModelInvocationJob", PROFILE, "model-invocation-job"),
        ("create_evaluation_job", EVALUATION, "CreateEvaluationJob", EVERYWHERE[0], "evaluation-job"),
    ],
)
def test_a_batch_and_an_evaluation_need_their_model_their_tags_and_their_role(
    harness: EmulatorHarness, call: str, request_: dict[str, Any], action: str, on: str, kind: str
) -> None:
    role = harness.role("bedrock.amazonaws.com")
    create, tag = allow(f"bedrock:{action}", on), allow("bedrock:TagResource", f"{HERE}:{kind}/*")
    named = {"jobName": f"j-{uuid.uuid4().hex[:8]}", "roleArn": role}
    for statements, refused in (
        ([], f"bedrock:{action} on resource: {on}"),
        ([create], f"bedrock:TagResource on resource: {HERE}:{kind}/"),
        ([create, tag], f"iam:PassRole on resource: {role}"),
        ([create, tag, allow("iam:PassRole", role)], ""),
    ):
        said = refusal(getattr(harness.acting("bedrock", *statements), call), **request_ | named)
        assert (refused in said) if refused else said == ""


def test_a_tag_of_a_profile_can_open_it(harness: EmulatorHarness) -> None:
    made = harness.client("bedrock").create_inference_profile(
        inferenceProfileName=f"p-{uuid.uuid4().hex[:8]}",
        modelSource={"copyFrom": PROFILE},
        tags=[{"key": "team", "value": "red"}],
    )
    arn = made["inferenceProfileArn"]
    for team, said in (("red", False), ("blue", True)):
        read = allow("bedrock:GetInferenceProfile", "*", StringEquals={"aws:ResourceTag/team": team})
        bedrock = harness.acting("bedrock", read)
        assert bool(refusal(bedrock.get_inference_profile, inferenceProfileIdentifier=arn)) is said


def test_an_endpoint_is_asked_by_whom_its_tag_lets_in(harness: EmulatorHarness) -> None:
    bedrock = harness.client("bedrock")

    def endpoint(*tags: dict[str, str]) -> str:
        named = {"provisionedModelName": f"t-{uuid.uuid4().hex[:8]}", "modelId": "amazon.nova-micro-v1:0:128k"}
        made = bedrock.create_provisioned_model_throughput(**named, modelUnits=1, tags=list(tags))
        return str(made["provisionedModelArn"])

    live = endpoint({"key": "distillery:route", "value": "distilled/support"})
    candidate = endpoint({"key": "distillery:run", "value": "support-a-b-1"})
    anywhere = f"{HERE}:provisioned-model/*"
    by_tag = {"StringEquals": {"aws:ResourceTag/distillery:route": "distilled/support"}}
    by_another = {"StringEquals": {"aws:ResourceTag/distillery:route": "distilled/returns"}}
    by_any = {"StringLike": {"aws:ResourceTag/distillery:route": "distilled/*"}}
    for asked, conditions, refused in (
        (live, by_tag, False),
        (live, by_any, False),
        (live, by_another, True),
        (candidate, by_tag, True),
        (candidate, by_any, True),
    ):
        runtime = harness.acting("bedrock-runtime", allow(INVOKE, anywhere, **conditions))
        assert (asked in refusal(runtime.converse, modelId=asked, **QUESTION)) is refused
    bedrock.tag_resource(resourceARN=candidate, tags=[{"key": "distillery:route", "value": "distilled/support"}])
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, anywhere, **by_tag))
    assert refusal(runtime.converse, modelId=candidate, **QUESTION) == "", "a tag that is added later must count too"

    def gone(arn: str) -> bool:
        try:
            bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)
        except botocore.exceptions.ClientError:  # the endpoint is still being created
            return False
        return True

    for made in (live, candidate):  # the account has two units
        harness.until(partial(gone, made))


def test_parameters_are_listed_by_whom_their_folder_is_open_to(harness: EmulatorHarness) -> None:
    folder = f"/f-{uuid.uuid4().hex[:8]}"
    harness.client("ssm").put_parameter(Name=f"{folder}/a", Value="a", Type="String")
    arn = f"arn:aws:ssm:us-east-1:111111111111:parameter{folder}"
    for resources, refused in (([arn, f"{arn}/*"], ""), ([f"{arn}x"], f"on resource: {arn}")):
        ssm = harness.acting("ssm", allow("ssm:GetParametersByPath", *resources))
        for path in (folder, f"{folder}/"):
            said = refusal(ssm.get_parameters_by_path, Path=path)
            assert (refused in said) if refused else said == ""


def test_an_object_under_a_key_needs_the_key(harness: EmulatorHarness) -> None:
    key = harness.client("kms").create_key()["KeyMetadata"]["Arn"]
    bucket, s3 = f"b-{uuid.uuid4().hex[:8]}", harness.client("s3")
    s3.create_bucket(Bucket=bucket)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    objects = f"arn:aws:s3:::{bucket}/*"
    reader = harness.acting("s3", allow("s3:GetObject", objects))
    assert "kms:Decrypt" in refusal(reader.get_object, Bucket=bucket, Key="a")
    writer = harness.acting("s3", allow("s3:PutObject", objects), allow("kms:Decrypt", key))
    assert "kms:GenerateDataKey" in refusal(writer.put_object, Bucket=bucket, Key="b", Body=b"b")
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    admitted = harness.acting("s3", allow("s3:GetObject", objects), allow("kms:Decrypt", key, **via))
    assert refusal(admitted.get_object, Bucket=bucket, Key="a") == ""


def test_decisions_about_roles_are_recorded(harness: EmulatorHarness) -> None:
    refusal(harness.acting("sqs", allow("sqs:ListQueues", "*")).list_queues)
    lines = (harness.account.state / "iam.jsonl").read_text().splitlines()
    recorded = [json.loads(line) for line in lines if "sqs:ListQueues" in line]
    assert [(line["action"], line["decision"]) for line in recorded] == [("sqs:ListQueues", "Allow")]
    assert ":assumed-role/" in recorded[0]["principal"]
