"""Checkpoints of prompt caching are counted in `usage`, in every API."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import World

HAIKU_45, HAIKU_55 = "us.anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-haiku-5-5"
PRO, LLAMA = "us.amazon.nova-pro-v1:0", "us.meta.llama3-1-8b-instruct-v1:0"
TOOL = {"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "object"}}}}
POINT = {"cachePoint": {"type": "default"}}
LONG = "policy " * 800  # 1,400 tokens


def ask(world: World, model: str = HAIKU_55, text: str = "where is my parcel", **more: Any) -> dict[str, int]:
    given = {"system": [{"text": LONG}, POINT], "messages": [{"role": "user", "content": [{"text": text}]}], **more}
    usage: dict[str, int] = world.client("bedrock-runtime").converse(modelId=model, **given)["usage"]
    return usage


def cached(usage: Any) -> tuple[int, int, int]:
    total = usage["inputTokens"] + usage["cacheReadInputTokens"] + usage["cacheWriteInputTokens"]
    assert usage["totalTokens"] == total + usage["outputTokens"]
    return usage["inputTokens"], usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]


@pytest.mark.parametrize("model", [HAIKU_55, PRO])
def test_a_prompt_is_written_once_and_then_read_until_its_life_is_over(model: str) -> None:
    world = World()
    assert cached(ask(world, model)) == (5, 0, 1400)
    assert cached(ask(world, model, "and where is the other one")) == (7, 1400, 0)
    world.pass_time(4)
    assert cached(ask(world, model)) == (5, 1400, 0), "the hit before has renewed it"
    world.pass_time(4)
    assert cached(ask(world, model)) == (5, 1400, 0)
    world.pass_time(5)
    assert cached(ask(world, model)) == (5, 0, 1400)


def test_a_prompt_that_is_too_short_for_the_model_is_not_cached() -> None:
    world = World()
    assert cached(ask(world, HAIKU_45)) == cached(ask(world, HAIKU_45)) == (1405, 0, 0)


def test_entries_belong_to_an_account_a_region_and_a_model() -> None:
    world = World()
    ask(world)
    assert cached(ask(world, PRO))[1] == 0
    elsewhere = world.client("bedrock-runtime", "us-west-2").converse(
        modelId=HAIKU_55, system=[{"text": LONG}, POINT], messages=[{"role": "user", "content": [{"text": "a"}]}]
    )
    assert elsewhere["usage"]["cacheReadInputTokens"] == 0


def test_a_longer_prompt_reads_what_it_shares_and_writes_the_rest() -> None:
    world = World()
    first = [{"role": "user", "content": [{"text": LONG}, POINT]}]
    ask(world, messages=first)
    more = [
        *first,
        {"role": "assistant", "content": [{"text": "a"}]},
        {"role": "user", "content": [{"text": LONG}, POINT]},
    ]
    usage: Any = ask(world, messages=more)
    assert (usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]) == (2800, 1401)
    assert usage["cacheDetails"] == [{"ttl": "5m", "inputTokens": 1401}]


def test_a_change_of_the_tools_loses_the_rest() -> None:
    world = World()

    def tools(name: str) -> Any:
        spec = {"name": name, "inputSchema": {"json": {"type": "object"}}}
        return {"tools": [{"toolSpec": spec}, POINT]}

    ask(world, toolConfig=tools("a"))
    assert cached(ask(world, toolConfig=tools("a")))[1] > 1400
    assert cached(ask(world, toolConfig=tools("b")))[1] == 0


def test_an_hour_is_told_from_five_minutes() -> None:
    world, hour = World(), {"cachePoint": {"type": "default", "ttl": "1h"}}
    messages = [{"role": "user", "content": [{"text": LONG}, POINT]}]
    usage: Any = ask(world, system=[{"text": LONG}, hour], messages=messages)
    assert {each["ttl"]: each["inputTokens"] for each in usage["cacheDetails"]} == {"1h": 1400, "5m": 1400}
    world.pass_time(30, step=10)
    assert cached(ask(world, system=[{"text": LONG}, hour], messages=messages))[1:] == (1400, 1400)


def test_usage_without_checkpoints_is_as_it_was() -> None:
    assert set(ask(World(), system=[{"text": LONG}])) == {"inputTokens", "outputTokens", "totalTokens"}


def test_claude_counts_in_its_own_body_and_in_its_stream() -> None:
    client = World().client("bedrock-runtime")
    control = {"type": "ephemeral", "ttl": "1h"}
    body = json.dumps({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 50,
        "system": [{"type": "text", "text": LONG, "cache_control": control}],
        "messages": [{"role": "user", "content": "where is my parcel"}],
    })  # fmt: skip
    reply = client.invoke_model(modelId=HAIKU_55, body=body)
    assert reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-cache-write-input-token-count"] == "1400"
    usage = json.loads(reply["body"].read())["usage"]
    assert (usage["input_tokens"], usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]) == (
        5,
        1400,
        0,
    )
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 1400}
    chunks = client.invoke_model_with_response_stream(modelId=HAIKU_55, body=body)["body"]
    start = json.loads(next(iter(chunks))["chunk"]["bytes"])["message"]["usage"]
    assert (start["input_tokens"], start["cache_creation_input_tokens"], start["cache_read_input_tokens"]) == (
        5,
        0,
        1400,
    )


@pytest.mark.parametrize(
    ("model", "params", "code", "sentence"),
    [
        (LLAMA, {}, "AccessDeniedException", "You invoked an unsupported model or your request did not allow"),
        (HAIKU_55, {"system": [{"text": "a"}, POINT] * 5}, "ValidationException",
         "A maximum of 4 blocks with cache_control may be provided. Found 5."),
        (PRO, {"toolConfig": {"tools": [TOOL, POINT]}},
         "ValidationException", "doesn't support cache checkpoints in tools"),
        (PRO, {"system": [{"text": LONG}, {"cachePoint": {"type": "default", "ttl": "1h"}}]}, "ValidationException",
         "doesn't support the time to live 1h; it takes 5m"),
        (HAIKU_55, {"messages": [{"role": "user", "content": [
            {"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]}]}, "ValidationException",
         "A checkpoint with a longer time to live must come before a shorter one"),
    ],
)  # fmt: skip
def test_checkpoints_that_a_model_does_not_take_are_refused(model: str, params: Any, code: str, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        ask(World(), model, **params)
    assert refusal.value.response["Error"]["Code"] == code


def test_a_reset_forgets_what_was_cached() -> None:
    world = World()
    ask(world)
    world.bedrock.reset()
    assert cached(ask(world))[1] == 0
