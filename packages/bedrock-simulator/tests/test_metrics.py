"""CloudWatch's metrics of the runtime, by what the caller named as `modelId`."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.settings import Quotas, TokenQuotas
from simulator_support.fakes import World, distilled

PRO = "us.amazon.nova-pro-v1:0"
TALK: list[dict[str, Any]] = [{"role": "user", "content": [{"text": "where is my parcel"}]}]


def test_an_answer_has_its_latency_and_its_tokens() -> None:
    world = World()
    reply = world.client("bedrock-runtime").converse(modelId=PRO, messages=TALK)
    assert world.metrics.recorded == [
        (
            PRO,
            {
                "Invocations": 1,
                "InvocationLatency": reply["metrics"]["latencyMs"],
                "InputTokenCount": reply["usage"]["inputTokens"],
                "OutputTokenCount": reply["usage"]["outputTokens"],
            },
        )
    ]


def test_a_stream_and_a_native_body_are_counted_too() -> None:
    world = World()
    runtime = world.client("bedrock-runtime")
    list(runtime.converse_stream(modelId=PRO, messages=TALK)["stream"])
    runtime.invoke_model(modelId=PRO, body=json.dumps({"messages": TALK}))
    assert [values["Invocations"] for _, values in world.metrics.recorded] == [1, 1]
    assert all(values["InvocationLatency"] > 0 for _, values in world.metrics.recorded)


def test_calls_of_a_deployment_are_counted_under_its_arn() -> None:
    world = World()
    asked = {"modelDeploymentName": "live", "modelArn": distilled(world)}
    arn = world.client().create_custom_model_deployment(**asked)["customModelDeploymentArn"]
    world.pass_time(60, step=10)
    world.metrics.recorded.clear()
    world.client("bedrock-runtime").converse(modelId=arn, messages=TALK)
    assert [model for model, _ in world.metrics.recorded] == [arn]


def test_a_throttled_call_is_no_invocation() -> None:
    world = World(quotas=Quotas(tokens=TokenQuotas(standard={"*": 1})))
    with pytest.raises(ClientError):
        world.client("bedrock-runtime").converse(modelId=PRO, messages=TALK)
    assert world.metrics.recorded == [(PRO, {"InvocationThrottles": 1})]


def test_an_error_of_the_caller_is_counted_as_such() -> None:
    world = World()
    with pytest.raises(ClientError):
        world.client("bedrock-runtime").converse(modelId=PRO, messages=TALK * 2)
    assert world.metrics.recorded == [(PRO, {"InvocationClientErrors": 1})]
