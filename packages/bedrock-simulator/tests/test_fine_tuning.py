"""Fine-tuning: formats and limits of each model, hyperparameters, and training on the given completions."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import DECEMBER, World, answer, job, jsonl, prompts, say

MICRO, LLAMA = "amazon.nova-micro-v1:0:128k", "meta.llama3-1-8b-instruct-v1:0:128k"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0:200k"
TRAIN = ("train-bucket", "train.jsonl")


def tuning(base: str = MICRO, **changes: Any) -> dict[str, Any]:
    """A request without a teacher."""
    return job("tune-1", baseModelIdentifier=base, customizationType="FINE_TUNING", customizationConfig=None, **changes)


def tuned(world: World, body: bytes, region: str = "us-east-1", base: str = MICRO, **changes: Any) -> Any:
    """Returns the finished job."""
    world.objects.objects[TRAIN] = body
    world.objects.homes["train-bucket"] = region
    bedrock = world.client(region=region)
    bedrock.create_model_customization_job(**tuning(base, **changes))
    world.pass_time(120, step=10)
    return bedrock.get_model_customization_job(jobIdentifier="tune-1")


def completions(count: int = 120) -> list[dict[str, Any]]:
    rows = [
        (row["messages"][0]["content"][0]["text"], row["messages"][1]["content"][0]["text"]) for row in prompts(count)
    ]
    return [{"prompt": prompt, "completion": completion} for prompt, completion in rows]


def messages(count: int = 40) -> list[dict[str, Any]]:
    return [
        {
            "system": "Classify.",
            "messages": [
                {"role": "user", "content": row["prompt"]},
                {"role": "assistant", "content": row["completion"]},
            ],
        }
        for row in completions(count)
    ]


def test_a_fine_tuned_model_gives_the_given_completions_whatever_a_teacher_would_say() -> None:
    world = World()
    rows = prompts(40)
    for row in rows:
        row["messages"][1]["content"][0]["text"] = f"queue-{row['messages'][1]['content'][0]['text']}"
    done = tuned(world, jsonl(rows), hyperParameters={"epochCount": "3"})
    assert (done["status"], done["customizationType"], done["hyperParameters"]) == (
        "Completed",
        "FINE_TUNING",
        {"epochCount": "3"},
    )
    assert "statusDetails" not in done
    assert "customizationConfig" not in done
    bedrock = world.client()
    model = bedrock.get_custom_model(modelIdentifier=done["outputModelArn"])
    assert (model["customizationType"], model["modelName"]) == ("FINE_TUNING", "tune-1-model")
    arn = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=done["outputModelArn"])
    world.pass_time(10)
    reply = say(world, arn["customModelDeploymentArn"], "please reimburse the amount of purchase X")
    assert answer(reply) == "queue-refund"
    written = {key.split("/", 2)[2] for _, key in world.objects.objects if key.startswith("out/")}
    assert written == {"training_artifacts/step_wise_training_metrics.csv"}


@pytest.mark.parametrize(
    ("base", "region", "rows"),
    [(LLAMA, "us-west-2", completions()), (HAIKU, "us-west-2", messages()), (MICRO, "us-east-1", prompts(8))],
)
def test_every_family_has_its_format(base: str, region: str, rows: list[dict[str, Any]]) -> None:
    world = World(DECEMBER) if base == HAIKU else World()
    assert tuned(world, jsonl(rows), region, base)["status"] == "Completed"


def line(number: int, **changes: Any) -> bytes:
    rows = prompts(8)
    rows[number] |= changes
    return jsonl(rows)


USER, ASSISTANT = {"role": "user", "content": [{"text": "x"}]}, {"role": "assistant", "content": [{"text": "y"}]}


@pytest.mark.parametrize(
    ("base", "body", "message"),
    [
        (MICRO, jsonl(prompts(7)), "training file has 7 records; a fine-tuning takes 8 to 20000"),
        (MICRO, jsonl(prompts(8, golden=False)), "Line 1 .* the last message must be the assistant's"),
        (MICRO, line(2, messages=[ASSISTANT, USER]), "Line 3 .* must have the role user"),
        (MICRO, line(2, messages=[{**USER, "content": [{"text": "Bot: x"}]}, ASSISTANT]), "reserved keyword Bot:"),
        (MICRO, line(2, schemaVersion=None), "schemaVersion must be"),
        (MICRO, line(2, system=[{"text": "x" * 128_001}]), r"it has 320\d\d tokens, at most 32000"),
        (MICRO, jsonl(prompts(8)) + b"[]\n", "Line 9 .* not a JSON object"),
        (LLAMA, jsonl(completions(99)), "have 99 records; a fine-tuning takes 100 to 10000"),
        (LLAMA, jsonl(completions(99)) + b'{"prompt": "x", "completion": ""}\n', "Line 100 .* prompt and a completion"),
        (LLAMA, jsonl(prompts()), "Line 1 .* prompt and a completion"),
    ],
)
def test_a_file_that_does_not_fit_the_model_fails_the_job(base: str, body: bytes, message: str) -> None:
    region = "us-west-2" if base == LLAMA else "us-east-1"
    failed = tuned(World(), body, region, base)
    assert failed["status"] == "Failed"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(failed["failureMessage"])


def test_validation_records_count_with_the_training_ones_for_llama_and_give_a_loss() -> None:
    world = World()
    world.objects.objects["train-bucket", "check.jsonl"] = jsonl(completions(30))
    check = {"validators": [{"s3Uri": "s3://train-bucket/check.jsonl"}]}
    done = tuned(world, jsonl(completions(90)), "us-west-2", LLAMA, validationDataConfig=check)
    assert done["status"] == "Completed"
    assert [each["validationLoss"] for each in done["validationMetrics"]] == [0.0]


def test_a_schema_version_may_be_anything_for_nova_alone() -> None:
    rows = [row | {"schemaVersion": "mine"} for row in prompts(100)]
    assert tuned(World(), jsonl(rows))["status"] == "Completed"
    failed = tuned(World(), jsonl(rows), "us-west-2", "meta.llama3-3-70b-instruct-v1:0:128k")
    assert "schemaVersion must be" in failed["failureMessage"]


@pytest.mark.parametrize(
    ("base", "changes", "sentence"),
    [
        (MICRO, {"hyperParameters": {"epochCount": "6"}}, "epochCount must be an integer from 1 to 5, not 6"),
        (MICRO, {"hyperParameters": {"epochCount": "2.5"}}, "epochCount must be an integer"),
        (MICRO, {"hyperParameters": {"learningRate": "0.1"}}, "learningRate must be a number from 1e-06 to 0.0001"),
        (MICRO, {"hyperParameters": {"batchSize": "2"}}, "batchSize must be an integer from 1 to 1, not 2"),
        (MICRO, {"hyperParameters": {"dropout": "1"}}, "dropout is not supported for amazon.nova-micro"),
        (MICRO, {"trainingDataConfig": {"invocationLogsConfig": {"invocationLogSource": {"s3Uri": "s3://abc/x"}}}},
         "for distillation jobs only"),
        ("meta.llama3-1-405b-instruct-v1:0", {}, "cannot be customized in us-east-1"),
        ("amazon.nova-premier-v1:0", {}, "cannot be customized"),
    ],
)  # fmt: skip
def test_a_request_that_does_not_fit_the_model_is_refused(base: str, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        World().client().create_model_customization_job(**tuning(base, **changes))


def test_nova_takes_the_batch_size_that_notebooks_of_aws_send() -> None:
    sent = {"epochCount": "2", "batchSize": "1", "learningRate": "0.00001", "learningRateWarmupSteps": "10"}
    World().client().create_model_customization_job(**tuning(MICRO, hyperParameters=sent))


def test_a_model_is_fine_tuned_from_its_first_day_on() -> None:
    world = World(DECEMBER.replace(year=2025, month=9))
    world.clock.forward(days=4)
    llama = tuning("meta.llama3-3-70b-instruct-v1:0:128k")
    world.objects.homes["train-bucket"] = "us-west-2"
    bedrock = world.client(region="us-west-2")
    with pytest.raises(ClientError, match="cannot be fine-tuned on 2025-09-14"):
        bedrock.create_model_customization_job(**llama)
    world.clock.forward(days=1)
    bedrock.create_model_customization_job(**llama)
    listed = bedrock.list_foundation_models(byCustomizationType="FINE_TUNING")["modelSummaries"]
    assert "meta.llama3-3-70b-instruct-v1:0:128k" in {each["modelId"] for each in listed}


def test_the_type_defaults_to_that_of_the_settings() -> None:
    world = World()
    bedrock = world.client()
    bedrock.create_model_customization_job(**tuning() | {"jobName": "a", "customModelName": "a"})
    bedrock.create_model_customization_job(**job("b", customizationType=None))
    listed = bedrock.list_model_customization_jobs()["modelCustomizationJobSummaries"]
    assert {each["jobName"]: each["customizationType"] for each in listed} == {"a": "FINE_TUNING", "b": "DISTILLATION"}
    assert json.loads(json.dumps(listed[0]["customizationType"]))
