"""Distillation jobs: validation, status, and failures."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from simulator_support.fakes import DECEMBER, ROLE, TODAY, World, distilled, job, jsonl, prompts

BASES, MICRO = "arn:aws:bedrock:", "amazon.nova-micro-v1:0:128k"


def logs(uri: str) -> dict[str, Any]:
    return {"invocationLogsConfig": {"invocationLogSource": {"s3Uri": uri}}}


LOGS = logs("s3://logs-bucket/x")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"jobName": "has_underscore"}, "at 'jobName' failed to satisfy constraint: Member must satisfy regular"),
        ({"jobName": "a" * 64}, "at 'jobName' failed .* length less than or equal to 63"),
        ({"customModelName": "two--dashes"}, "at 'customModelName'"),
        ({"customizationType": "MAGIC"}, "enum value set"),
        ({"trainingDataConfig": {"s3Uri": "s3://bucket/dt=1/x.jsonl"}}, "at 'trainingDataConfig.s3Uri'"),
        ({"trainingDataConfig": {}}, "exactly one of s3Uri and invocationLogsConfig"),
        ({"trainingDataConfig": {"s3Uri": "s3://train-bucket/x", **LOGS}}, "exactly one of s3Uri"),
        ({"customizationConfig": None}, "customizationConfig.distillationConfig is required"),
        ({"baseModelIdentifier": "amazon.nova-micro-v1:0"}, "cannot be customized in us-east-1"),
        ({"baseModelIdentifier": "meta.llama3-1-8b-instruct-v1:0:128k"}, "cannot be customized in us-east-1"),
        ({"teacher": "us.meta.llama3-1-70b-instruct-v1:0"}, "not supported for the student model"),
        ({"teacher": "us.amazon.nova-premier-v1:0"}, "does not exist"),
        ({"teacher": f"arn:aws:bedrock:us-east-1:{ROLE[13:25]}:application-inference-profile/abc"}, "regular"),
        (
            {"teacher": "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0"},
            "does not exist in us-east-1",
        ),
        ({"teacher": f"arn:aws:bedrock:us-east-1:{'9' * 12}:inference-profile/us.amazon.nova-pro-v1:0"}, "not exist"),
        ({"baseModelIdentifier": f"{BASES}us-west-2::foundation-model/{MICRO}"}, "is not in us-east-1"),
        ({"baseModelIdentifier": f"{BASES}us-east-1:{'1' * 12}:custom-model/{MICRO}/{'a' * 12}"}, "not custom models"),
        ({"customizationType": "FINE_TUNING"}, "customizationConfig has distillationConfig, which a fine-tuning"),
        ({"customizationType": "IMPORTED"}, "runs DISTILLATION and FINE_TUNING jobs, not IMPORTED"),
        ({"hyperParameters": {"epochCount": "2"}}, "epochCount is not supported .* a distillation takes none"),
        ({"trainingDataConfig": {"s3Uri": "s3://west-bucket/x"}}, "west-bucket of trainingDataConfig is in us-west-2"),
        ({"trainingDataConfig": logs("s3://west-bucket/x")}, "west-bucket of trainingDataConfig is in us-west-2"),
        ({"outputDataConfig": {"s3Uri": "s3://west-bucket/x"}}, "west-bucket of outputDataConfig"),
        ({"validationDataConfig": {"validators": [{"s3Uri": "s3://west-bucket/x"}]}}, "of validationDataConfig"),
        ({"customModelKmsKeyId": "alias/unknown"}, "The KMS key alias/unknown does not exist in us-east-1"),
        ({"customModelKmsKeyId": "alias with spaces"}, "at 'customModelKmsKeyId'"),
        ({"jobTags": [{"key": "a!", "value": "b"}]}, "at 'jobTags.1.member.key'"),
        ({"vpcConfig": {"subnetIds": ["s"] * 17, "securityGroupIds": ["g"]}}, "less than or equal to 16"),
        ({"clientRequestToken": "-"}, "at 'clientRequestToken'"),
    ],
)
def test_a_bad_request_is_refused_by_name(changes: dict[str, Any], sentence: str) -> None:
    world = World()
    world.objects.homes["west-bucket"] = "us-west-2"
    with pytest.raises(ClientError, match=sentence) as refusal:
        world.client().create_model_customization_job(**job(**changes))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_legacy_student_takes_no_new_job() -> None:
    world = World(DECEMBER.replace(year=2026, month=4))
    request = job(
        baseModelIdentifier="anthropic.claude-3-haiku-20240307-v1:0:200k",
        teacher="anthropic.claude-3-5-sonnet-20240620-v1:0",
    )
    with pytest.raises(ClientError, match="Legacy status"):
        world.client(region="us-west-2").create_model_customization_job(**request)


def test_a_role_bedrock_may_not_assume_is_refused_with_its_sentence() -> None:
    world = World()
    world.roles.refusal = "Could not assume provided IAM role. Please check the trust policy."
    with pytest.raises(ClientError, match="Could not assume"):
        world.client().create_model_customization_job(**job())
    assert world.roles.requested[0].startswith("arn:aws:bedrock:us-east-1:111111111111:model-customization-job/")


def test_a_replayed_token_returns_the_first_job_and_other_names_must_be_new() -> None:
    bedrock = World().client()
    first = bedrock.create_model_customization_job(**job(clientRequestToken="once"))["jobArn"]
    assert bedrock.create_model_customization_job(**job(clientRequestToken="once"))["jobArn"] == first
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.create_model_customization_job(**job())
    with pytest.raises(ClientError, match="custom model name distill-intent-1-model is already in use"):
        bedrock.create_model_customization_job(**job("another", customModelName="distill-intent-1-model"))


def test_ten_jobs_may_be_scheduled_and_no_more() -> None:
    bedrock = World().client()
    for number in range(10):
        bedrock.create_model_customization_job(**job(f"job-{number}"))
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        bedrock.create_model_customization_job(**job("job-10"))


def spoiled(**changes: Any) -> bytes:
    rows = prompts()
    rows[6] |= changes
    return jsonl(rows)


TURN = {"role": "user", "content": [{"text": "x"}]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (jsonl(prompts(99)), "has 99 prompts; a distillation job takes 100 to 15000"),
        (jsonl(prompts(15_001)), "has 15001 prompts"),
        (spoiled(schemaVersion="bedrock-conversion-2024"), "Line 7 .* schemaVersion must be"),
        (spoiled(messages=[]), "Line 7"),
        (spoiled(messages=[{**TURN, "role": "assistant"}]), "must have the role user"),
        (spoiled(messages=[TURN, TURN]), "must have the role assistant"),
        (spoiled(messages=[{"role": "user", "content": [{"image": {}}]}]), "text blocks only"),
        (spoiled(system=[{"text": "x" * 17_000}]), "at most 16384 are allowed"),
        (jsonl(prompts()) + b"{not json\n", "Line 121 .* not JSON"),
        (None, "does not exist"),
    ],
)
def test_validation_fails_the_job_and_says_why(body: bytes | None, message: str) -> None:
    world = World()
    if body is not None:
        world.objects.objects["train-bucket", "train.jsonl"] = body
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    world.pass_time(10)
    failed = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert failed["status"] == "Failed"
    assert failed["statusDetails"]["validationDetails"]["status"] == "Failed"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(failed["failureMessage"])
    assert world.events.events[-1]["detail"]["jobStatus"] == "Failed"


def test_only_nova_students_take_several_turns() -> None:
    rows = [{**row, "messages": [TURN, {**TURN, "role": "assistant"}, TURN]} for row in prompts()]
    world = World()
    world.objects.objects |= {("train-bucket", "train.jsonl"): jsonl(rows), ("west-bucket", "train.jsonl"): jsonl(rows)}
    world.objects.homes["west-bucket"] = "us-west-2"
    world.client().create_model_customization_job(**job())
    llama = job(
        baseModelIdentifier="meta.llama3-1-8b-instruct-v1:0:128k",
        teacher="us.meta.llama3-3-70b-instruct-v1:0",
        trainingDataConfig={"s3Uri": "s3://west-bucket/train.jsonl"},
        outputDataConfig={"s3Uri": "s3://west-bucket/out/"},
    )
    world.client(region="us-west-2").create_model_customization_job(**llama)
    world.pass_time(10)
    states = [
        world.client(region=region).get_model_customization_job(jobIdentifier="distill-intent-1")["status"]
        for region in ("us-east-1", "us-west-2")
    ]
    assert states == ["InProgress", "Failed"]


def test_a_role_that_may_not_read_fails_the_job() -> None:
    world = World()
    world.objects.denied.add("train-bucket")
    world.client().create_model_customization_job(**job())
    world.pass_time(10)
    failed = world.client().get_model_customization_job(jobIdentifier="distill-intent-1")
    assert "may not read s3://train-bucket/train.jsonl" in failed["failureMessage"]


DESTINATIONS = [f"{BASES}{to}::foundation-model/amazon.nova-pro-v1:0" for to in ("us-east-1", "us-east-2", "us-west-2")]
PROFILE = f"{BASES}us-east-1:{'1' * 12}:inference-profile/us.amazon.nova-pro-v1:0"


@pytest.mark.parametrize("missing", [PROFILE, *DESTINATIONS])
def test_the_role_must_reach_a_teacher_in_every_region_of_its_profile(missing: str) -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    world.roles.denied.add(("bedrock:InvokeModel", missing))
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    bedrock.create_model_customization_job(**job("named-by-id", teacher="amazon.nova-pro-v1:0"))
    world.pass_time(10)
    failed = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert f"is not authorized to perform: bedrock:InvokeModel on resource: {missing}" in failed["failureMessage"]
    assert bedrock.get_model_customization_job(jobIdentifier="named-by-id")["status"] == "InProgress"
    requested = [keys for action, resource, keys in world.roles.done if resource in DESTINATIONS]
    assert all(keys == {"bedrock:InferenceProfileArn": PROFILE} for keys in requested)


def test_a_model_has_the_key_of_its_request() -> None:
    world = World()
    key = f"arn:aws:kms:us-east-1:{'1' * 12}:key/{'a' * 36}"
    world.keys.keys["alias/models"] = key
    model = distilled(world, customModelKmsKeyId="alias/models")
    bedrock = world.client()
    job_ = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert job_["outputModelKmsKeyArn"] == bedrock.get_custom_model(modelIdentifier=model)["modelKmsKeyArn"] == key


def test_a_job_can_be_stopped_once_and_leaves_no_model() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    world.pass_time(8)
    bedrock.stop_model_customization_job(jobIdentifier="distill-intent-1")
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.stop_model_customization_job(jobIdentifier="distill-intent-1")
    world.pass_time(3)
    assert [e["detail"]["jobStatus"] for e in world.events.events] == ["InProgress", "Stopping", "Stopped"]
    assert bedrock.list_custom_models()["modelSummaries"] == []


def test_jobs_fail_and_events_are_lost_on_request() -> None:
    world = World(TODAY, Fault("failed-job", named="distill-"), Fault("lost-event"))
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    world.pass_time(120, step=10)
    failed = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert (failed["status"], failed["statusDetails"]["trainingDetails"]["status"]) == ("Failed", "Failed")
    assert world.events.events == []


def test_a_leap_in_time_ends_a_job_in_one_tick() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    world.client().create_model_customization_job(**job())
    world.clock.forward(hours=5)
    world.bedrock.tick()
    assert world.client().get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "Completed"


def test_lists_are_paged_filtered_and_sorted() -> None:
    world = World()
    distilled(world, "a-1")
    distilled(world, "a-2")
    distilled(world, "b-1")
    bedrock = world.client()
    page = bedrock.list_model_customization_jobs(maxResults=2)
    rest = bedrock.list_model_customization_jobs(maxResults=2, nextToken=page["nextToken"])
    names = [j["jobName"] for p in (page, rest) for j in p["modelCustomizationJobSummaries"]]
    assert names == ["b-1", "a-2", "a-1"]
    assert len(bedrock.list_model_customization_jobs(nameContains="a-")["modelCustomizationJobSummaries"]) == 2
    assert not bedrock.list_model_customization_jobs(statusEquals="Failed")["modelCustomizationJobSummaries"]
    models = bedrock.list_custom_models(sortOrder="Ascending")["modelSummaries"]
    assert [m["modelName"] for m in models] == ["a-1-model", "a-2-model", "b-1-model"]


def test_what_has_no_validation_set_names_none() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    running = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert (running["validationMetrics"], running.get("validationDataConfig")) == ([], None)
    world.pass_time(120, step=10)
    model = bedrock.get_custom_model(modelIdentifier="distill-intent-1-model")
    assert "validationDataConfig" not in model
    assert model["validationMetrics"][0].keys() == {"validationLoss"}


LISTS = {
    "list_model_customization_jobs": "modelCustomizationJobSummaries", "list_custom_models": "modelSummaries",
    "list_custom_model_deployments": "modelDeploymentSummaries", "list_model_copy_jobs": "modelCopyJobSummaries",
    "list_provisioned_model_throughputs": "provisionedModelSummaries", "list_evaluation_jobs": "jobSummaries",
    "list_model_invocation_jobs": "invocationJobSummaries", "list_inference_profiles": "inferenceProfileSummaries",
    "list_foundation_models": "modelSummaries",
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_has_its_key(name: str) -> None:
    filters = {
        "list_inference_profiles": {"typeEquals": "APPLICATION"},
        "list_foundation_models": {"byProvider": "Nobody"},
    }
    assert getattr(World().client(), name)(**filters.get(name, {}))[LISTS[name]] == []
