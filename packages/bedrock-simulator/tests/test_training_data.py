"""The limits of distillation data: size, number, turns, context, and the role."""

from datetime import datetime
from typing import Any

import pytest

from bedrock_simulator.models import training_data
from simulator_support.fakes import DECEMBER, TODAY, World, job, jsonl, prompts
from test_invocation_logs import keep, logged, record

HAIKU = {
    "baseModelIdentifier": "anthropic.claude-3-haiku-20240307-v1:0:200k",
    "teacher": "anthropic.claude-3-5-sonnet-20241022-v2:0",
}
LLAMA_8 = {
    "baseModelIdentifier": "meta.llama3-1-8b-instruct-v1:0:128k",
    "teacher": "us.meta.llama3-1-70b-instruct-v1:0",
}
LLAMA_70 = {
    "baseModelIdentifier": "meta.llama3-1-70b-instruct-v1:0:128k",
    "teacher": "meta.llama3-1-405b-instruct-v1:0",
}
TURN = {"role": "user", "content": [{"text": "x"}]}
TRAIN = ("train-bucket", "train.jsonl")


class Large(bytes):
    """An S3 object that claims a size, so that no memory is needed for it."""

    size = 0

    def __len__(self) -> int:
        return self.size


def large(size: int) -> Large:
    body = Large(jsonl(prompts()))
    body.size = size
    return body


def run(world: World, request: dict[str, Any], region: str = "us-east-1") -> Any:
    """Returns the job after all its stages."""
    world.objects.homes["train-bucket"] = world.objects.homes["log-bucket"] = region
    bedrock = world.client(region=region)
    bedrock.create_model_customization_job(**request)
    world.pass_time(180, step=10)
    return bedrock.get_model_customization_job(jobIdentifier=request["jobName"])


def generated(done: Any) -> str:
    assert done["status"] == "Failed"
    return str(done["failureMessage"])


@pytest.mark.parametrize(("more", "fails"), [(0, False), (1, True)])
def test_a_file_has_two_gigabytes_at_most(more: int, fails: bool) -> None:
    world = World()
    world.objects.objects[TRAIN] = large(2 * 1024**3 + more)
    done = run(world, job())
    if fails:
        assert "The training file has 2147483649 bytes; at most 2147483648 are allowed" in generated(done)
    else:
        assert done["status"] == "Completed"


@pytest.mark.parametrize(
    ("at", "region", "pair"),
    [(DECEMBER, "us-west-2", HAIKU), (TODAY, "us-west-2", LLAMA_8)],
    ids=["Anthropic", "Meta"],
)
def test_students_of_anthropic_and_meta_take_one_turn(at: datetime, region: str, pair: dict[str, str]) -> None:
    world = World(at)
    rows = prompts()
    rows[3]["messages"] = [TURN, {**TURN, "role": "assistant"}, TURN]
    world.objects.objects[TRAIN] = jsonl(rows)
    assert "Line 4 of the training file is invalid: this student takes single-turn" in generated(
        run(world, job(**pair), region)
    )


@pytest.mark.parametrize(("pair", "region"), [(LLAMA_8, "us-west-2"), ({}, "us-east-1")])
def test_a_record_of_several_turns_is_left_out_whatever_the_student(pair: dict[str, str], region: str) -> None:
    world = World()
    talk = {"inputBodyJson": {"messages": [TURN, {**TURN, "role": "assistant"}, TURN]}}
    keep(world, [record(number) for number in range(99)] + [record(99, input=talk)])
    request = {**job(**pair), "trainingDataConfig": logged()["trainingDataConfig"]}
    assert "first because multi-turn prompts are not supported" in generated(run(world, request, region))


@pytest.mark.parametrize(
    ("at", "region", "pair", "tokens"),
    [
        (TODAY, "us-east-1", {}, 32_000),
        (TODAY, "us-east-1", {"baseModelIdentifier": "amazon.nova-lite-v1:0:300k"}, 32_000),
        (TODAY, "us-west-2", LLAMA_8, 32_000),
        (DECEMBER, "us-west-2", LLAMA_70, 16_000),
    ],
    ids=["micro", "lite", "8B", "70B"],
)
def test_a_prompt_above_the_context_of_the_student_teaches_nothing(
    at: datetime, region: str, pair: dict[str, str], tokens: int
) -> None:
    world = World(at)
    long = {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "x" * 4 * tokens}]}]}}
    fitting = {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "x" * 4 * (tokens - 1_000)}]}]}}
    keep(world, [record(number) for number in range(100)] + [record(100, input=long), record(101, input=fitting)])
    request = {**job(**pair), "trainingDataConfig": logged()["trainingDataConfig"]}
    assert run(world, request, region)["status"] == "Completed"
    insights = next(body for (_, key), body in world.objects.objects.items() if "prompt_insights/" in key)
    assert insights.count(b"REJECTED") == 1
    assert f"the student takes at most {tokens}".encode() in insights


@pytest.mark.parametrize("count", [99, 15_001])
def test_logs_have_a_hundred_to_fifteen_thousand_prompts(count: int) -> None:
    world = World()
    keep(world, [record(0)] * count)
    assert f"have {count} prompts to use; a distillation job takes 100 to 15000" in generated(run(world, logged()))


def test_a_line_of_sixteen_kilobytes_is_the_longest() -> None:
    rows = prompts()
    rows[6]["system"] = [{"text": ""}]
    room = training_data.MAX_LINE_BYTES - len(jsonl([rows[6]])) + 1  # the newline is not part of the line
    for extra, fails in ((0, False), (1, True)):
        world = World()
        rows[6]["system"] = [{"text": "x" * (room + extra)}]
        world.objects.objects[TRAIN] = jsonl(rows)
        done = run(world, job())
        assert (done["status"] == "Failed") is fails
        assert ("it has 16385 bytes, at most 16384" in done.get("failureMessage", "")) is fails


def test_a_role_that_may_not_write_the_output_fails_the_job() -> None:
    world = World()
    world.objects.objects[TRAIN] = jsonl(prompts())
    world.objects.denied.add("out-bucket")
    done = run(world, job(outputDataConfig={"s3Uri": "s3://out-bucket/x/"}))
    assert "may not write s3://out-bucket/x/model-customization-job-" in generated(done)
    assert world.client().list_custom_models()["modelSummaries"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainingDataConfig": {"s3Uri": "s3://train-bucket/"}}, "must name one object"),
        (
            {"validationDataConfig": {"validators": [{"s3Uri": "s3://train-bucket/check.jsonl"}]}},
            "Line 1 of the validation file is invalid: it is not JSON",
        ),
    ],
)
def test_a_file_that_cannot_be_read_fails_the_job(changes: dict[str, Any], message: str) -> None:
    world = World()
    world.objects.objects |= {TRAIN: jsonl(prompts()), ("train-bucket", "check.jsonl"): b"{"}
    assert message in generated(run(world, job(**changes)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "content must be a list of text blocks"),
        ("x", "content must be a list of text blocks"),
        ([{"text": " "}], "its text is empty"),
        ([{"text": "x"}, {"document": {}}], "content may hold text blocks only"),
    ],
)
def test_a_turn_is_of_text_blocks_with_some_text(content: Any, message: str) -> None:
    world = World()
    rows = prompts()
    rows[6]["messages"][0]["content"] = content
    world.objects.objects[TRAIN] = jsonl(rows)
    assert f"Line 7 of the training file is invalid: {message}" in generated(run(world, job()))


def test_a_validation_file_of_the_form_gives_the_loss() -> None:
    world = World()
    world.objects.objects |= {TRAIN: jsonl(prompts()), ("train-bucket", "check.jsonl"): jsonl(prompts(8))}
    validators = {"validators": [{"s3Uri": "s3://train-bucket/check.jsonl"}]}
    done = run(world, job(validationDataConfig=validators))
    assert done["status"] == "Completed"
    assert len(done["validationMetrics"]) == 1


@pytest.mark.parametrize(
    ("side", "stored", "reason"),
    [
        ("input", {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": " "}]}]}}, "prompt is empty"),
        ("output", {"outputBodyS3Path": "s3://log-bucket/data/large.json"}, "it cannot be read"),
    ],
)
def test_a_record_without_a_readable_text_is_skipped(side: str, stored: dict[str, Any], reason: str) -> None:
    world = World()
    keep(world, [record(number) for number in range(99)] + [record(99, **{side: stored})])
    world.objects.objects["log-bucket", "data/large.json"] = b"{"
    assert reason in generated(run(world, logged(usePromptResponse=True)))


def test_a_job_all_of_whose_prompts_are_rejected_fails() -> None:
    world = World()
    long = {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "x" * 4 * 32_000}]}]}}
    keep(world, [record(number, input=long) for number in range(100)])
    assert "Every prompt was rejected" in generated(run(world, logged()))
