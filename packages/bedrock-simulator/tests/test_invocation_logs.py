"""Distillation from invocation logs: the records that are used, and those that are skipped."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.models import log_reader
from bedrock_simulator.models.storage import JobInputError
from simulator_support.fakes import ACCOUNT, SYSTEM, World, answer, job, prompts, say

PRO, HOUR = "amazon.nova-pro-v1:0", f"bedrock/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1/2026/11/22/08"
THROUGH = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{PRO}"

DIALOGUE = [
    {"role": role, "content": [{"text": text}]} for role, text in (("user", "a"), ("assistant", "b"), ("user", "c"))
]


def record(number: int, **changes: Any) -> dict[str, Any]:
    """A record of Converse: a prompt of the fakes, and an answer that no teacher would give."""
    row = prompts(number + 1)[number]
    label = row["messages"][1]["content"][0]["text"]
    generated = {"output": {"message": {"role": "assistant", "content": [{"text": f"queue-{label}"}]}}}
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-11-22T08:00:00Z",
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "requestId": f"request-{number}",
        "operation": "Converse",
        "modelId": PRO,
        "input": {"inputBodyJson": {"system": row["system"], "messages": row["messages"][:1]}, "inputTokenCount": 9},
        "output": {"outputBodyJson": generated, "outputTokenCount": 2},
        **changes,
    }


def packed(records: list[dict[str, Any]]) -> bytes:
    return gzip.compress("\n".join(json.dumps(each) for each in records).encode())


def keep(world: World, records: list[dict[str, Any]], name: str = "20261122T080000000Z_0a1b.json.gz") -> None:
    world.objects.objects["log-bucket", f"{HOUR}/{name}"] = packed(records)


def logged(**config: Any) -> dict[str, Any]:
    source = {"invocationLogSource": {"s3Uri": "s3://log-bucket/bedrock"}}
    return job(trainingDataConfig={"invocationLogsConfig": {**source, **config}})


def run(world: World, **config: Any) -> Any:
    bedrock = world.client()
    bedrock.create_model_customization_job(**logged(**config))
    world.pass_time(120, step=10)
    return bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")


def answered(world: World, done: Any) -> str:
    arn = world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=done["outputModelArn"])
    world.pass_time(10)
    return answer(say(world, arn["customModelDeploymentArn"], "please reimburse the amount of purchase X"))


@pytest.mark.parametrize(("pairs", "generated"), [(True, "queue-refund"), (False, "refund")])
def test_pairs_train_on_logged_responses_and_prompts_on_the_teachers(pairs: bool, generated: str) -> None:
    world = World()
    keep(world, [record(number) for number in range(60)])
    keep(world, [record(number, modelId=THROUGH) for number in range(60, 120)], "20261122T083000000Z_0a1c.json.gz")
    done = run(world, usePromptResponse=pairs)
    assert done["status"] == "Completed"
    assert answered(world, done) == generated


def insights(world: World) -> list[dict[str, str]]:
    body = next(body for (_, key), body in world.objects.objects.items() if "prompt_insights/" in key)
    return [json.loads(line) for line in body.splitlines()]


def test_logs_of_other_models_are_not_used_as_pairs_and_the_insights_say_so() -> None:
    world = World()
    others = [record(number, modelId="amazon.nova-micro-v1:0") for number in range(120, 150)]
    keep(world, [record(number) for number in range(120)] + others)
    assert run(world, usePromptResponse=True)["status"] == "Completed"
    reported = insights(world)
    assert [each["status"] for each in reported].count("ACCEPTED") == 120
    rejected = [each for each in reported if each["status"] == "REJECTED"]
    assert len(rejected) == 30
    assert rejected[0]["prompt"] == "request-120"
    assert "amazon.nova-micro-v1:0 is not the teacher amazon.nova-pro-v1:0" in rejected[0]["reason"]


def test_too_few_pairs_of_the_teacher_fail_the_job() -> None:
    world = World()
    keep(world, [record(n) for n in range(99)] + [record(n, modelId="amazon.nova-lite-v1:0") for n in range(99, 200)])
    failed = run(world, usePromptResponse=True)
    assert "have 99 prompt-response pairs of amazon.nova-pro-v1:0 to use" in failed["failureMessage"]
    assert "101 record(s) were skipped, the first because the model amazon.nova-lite" in failed["failureMessage"]


def test_large_bodies_are_read_where_the_record_says_under_the_same_role() -> None:
    world = World()
    records = []
    for number in range(120):
        large = record(number)
        for side in ("input", "output"):
            key = f"{HOUR}/data/request-{number}_{side}.json.gz"
            body = json.dumps(large[side].pop(f"{side}BodyJson")).encode()
            world.objects.objects["log-bucket", key] = gzip.compress(body)
            large[side][f"{side}BodyS3Path"] = f"s3://log-bucket/{key}"
        records.append(large)
    keep(world, records)
    assert answered(world, run(world, usePromptResponse=True)) == "queue-refund"


def test_what_is_no_record_is_passed_over() -> None:
    world = World()
    keep(world, [record(number) for number in range(120)])
    world.objects.objects["log-bucket", "bedrock/AWSLogs/amazon-bedrock-logs-permission-check"] = b""
    world.objects.objects["log-bucket", f"{HOUR}/notes.json"] = b"not json\n[]\n{}"
    assert run(world)["status"] == "Completed"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"operation": "ApplyGuardrail"}, "not one that a model answered"),
        ({"errorCode": "ThrottlingException"}, "not one that a model answered"),
        ({"input": {}}, "it has no input body"),
        ({"input": {"inputBodyJson": {"messages": []}}}, "neither messages nor a prompt"),
        ({"input": {"inputBodyJson": {"messages": [{"role": "assistant", "content": "x"}]}}}, "not the user's"),
        ({"input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"image": {}}]}]}}}, "other than text"),
        ({"output": {"outputBodyJson": {"output": {}}}}, "its output has no text"),
        ({"input": {"inputBodyJson": {"messages": DIALOGUE}}}, "multi-turn prompts are not supported"),
    ],
)
def test_a_record_that_teaches_nothing_is_left_out_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    world = World()
    keep(world, [record(number) for number in range(100)] + [record(100, **changes)])
    assert run(world, usePromptResponse=True)["status"] == "Completed"
    assert [reason in each["reason"] for each in insights(world) if each["status"] == "REJECTED"] == [True]


def test_a_role_that_may_not_list_the_logs_fails_the_job() -> None:
    world = World()
    world.objects.denied.add("log-bucket")
    assert "may not list s3://log-bucket/bedrock" in run(world)["failureMessage"]


RED, DEV = {"team": "red"}, {"env": "dev"}


@pytest.mark.parametrize(
    ("filters", "metadata", "stored"),
    [
        (None, {}, True),
        ({"equals": RED}, {"team": "red", "env": "dev"}, True),
        ({"equals": RED}, {}, False),
        ({"notEquals": RED}, {"team": "blue"}, True),
        ({"notEquals": RED}, {}, True),
        ({"notEquals": RED}, RED, False),
        ({"andAll": [{"equals": RED}, {"notEquals": DEV}]}, {"team": "red", "env": "prod"}, True),
        ({"andAll": [{"equals": RED}, {"notEquals": DEV}]}, {"team": "red", "env": "dev"}, False),
        ({"orAll": [{"equals": RED}, {"equals": DEV}]}, DEV, True),
        ({"orAll": [{"equals": RED}, {"equals": DEV}]}, {"team": "blue"}, False),
    ],
)
def test_request_metadata_is_filtered_by_one_operator(
    filters: dict[str, Any] | None, metadata: dict[str, str], stored: bool
) -> None:
    assert log_reader.matches_filters(filters, metadata) is stored


def test_only_what_passes_the_filter_is_learnt() -> None:
    world = World()
    red = [record(number, requestMetadata=RED) for number in range(100)]
    keep(world, red + [record(number) for number in range(100, 300)])
    others = run(world, requestMetadataFilters={"notEquals": RED})
    assert others["status"] == "Completed"
    world.client().create_model_customization_job(
        **logged(requestMetadataFilters={"equals": RED}) | {"jobName": "red", "customModelName": "red"}
    )
    world.pass_time(120, step=10)
    assert world.client().get_model_customization_job(jobIdentifier="red")["status"] == "Completed"
    assert sum("_training_metrics" in key for _, key in world.objects.objects) == 2


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"equals": {"a": "b", "c": "d"}}, "requestMetadataFilters.equals' failed .* less than or equal to 1"),
        ({"equals": {"a": "b" * 257}}, "less than or equal to 256"),
        ({"equals": {"a!": "b"}}, "regular expression pattern"),
        ({"andAll": [{"equals": RED}] * 17}, "andAll' failed .* less than or equal to 16"),
        ({"andAll": [{"equals": RED, "notEquals": RED}]}, "exactly one operator, not 2"),
        ({"orAll": [{}]}, "exactly one operator, not 0"),
    ],
)
def test_a_filter_is_the_union_it_is(filters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        World().client().create_model_customization_job(**logged(requestMetadataFilters=filters))


@pytest.mark.parametrize(
    ("body", "system", "requested", "users"),
    [
        ({"messages": [{"role": "user", "content": [{"text": "hi"}]}], "system": [{"text": SYSTEM}]}, SYSTEM, "hi", 1),
        ({"messages": [{"role": "user", "content": "hi"}], "system": SYSTEM}, SYSTEM, "hi", 1),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, "", "hi", 1),
        ({"prompt": "story of two dogs", "max_tokens_to_sample": 300}, "", "story of two dogs", 1),
        ({"prompt": "<|start_header_id|>system<|end_header_id|>s<|eot_id|><|start_header_id|>user<|end_header_id|>hi"},
         "s", "hi", 1),
    ],
)  # fmt: skip
def test_a_prompt_is_read_out_of_every_familys_body(body: Any, system: str, requested: str, users: int) -> None:
    prompt, counted = log_reader.prompt_of(body)
    assert (prompt.system, prompt.text, counted) == (system, requested, users)


@pytest.mark.parametrize(
    "body",
    [
        {"output": {"message": {"content": [{"text": "yes"}]}}},
        {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]},
        {"generation": "yes"},
        {"completion": "yes"},
        [{"contentBlockDelta": {"delta": {"text": "ye"}}}, {"contentBlockDelta": {"delta": {"text": "s"}}}],
        [{"type": "content_block_delta", "delta": {"text": "ye"}}, {"delta": {"text": "s"}}, {"type": "message_stop"}],
        [{"generation": "ye"}, {"generation": "s"}],
    ],
)
def test_a_response_is_read_out_of_every_familys_body(body: Any) -> None:
    assert log_reader.response_of(body) == "yes"


@pytest.mark.parametrize("body", [None, 1, "x", [], [1], {}, {"messages": [{"role": "user", "content": None}]}])
def test_a_body_without_text_is_rejected_whatever_it_is(body: Any) -> None:
    with pytest.raises(JobInputError):
        log_reader.response_of(body)
    if isinstance(body, dict) and body:
        assert log_reader.prompt_of(body)[0].text == ""
        return
    with pytest.raises(JobInputError):
        log_reader.prompt_of(body)


def test_a_prompt_above_the_students_context_is_rejected_and_the_rest_is_learnt() -> None:
    world = World()
    long = {"messages": [{"role": "user", "content": [{"text": "x" * 128_001}]}]}
    keep(world, [record(number) for number in range(100)] + [record(100, input={"inputBodyJson": long})])
    assert run(world)["status"] == "Completed"
    reasons = [each["reason"] for each in insights(world) if each["status"] == "REJECTED"]
    assert len(reasons) == 1
    assert "the student takes at most 32000" in reasons[0]
