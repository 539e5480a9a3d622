"""Token quotas: throttling above the standard one, standard latency above the optimized one, for each type of call."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

import test_batch_jobs as batches
import test_evaluation_jobs as evaluations
from bedrock_simulator.catalog import quotas, supported_models
from bedrock_simulator.catalog.quotas import granted_quotas
from bedrock_simulator.settings import Latency, Quotas, TokenQuotas
from simulator_support.fakes import DECEMBER, World, answer, distilled, say

PRO = "amazon.nova-pro-v1:0"
HAIKU_45 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
LLAMA_405 = "us.meta.llama3-1-405b-instruct-v1:0"
FAST: dict[str, Any] = {"performanceConfig": {"latency": "optimized"}}
SYSTEM_TOKENS = 24  # of the fakes' system prompt
ASKED, USED = 5, SYSTEM_TOKENS + 5 + 2  # "where is my parcel", and with the answer "delivery"


def limited(standard: Mapping[str, int], most: int = 50, **more: Any) -> tuple[World, Any]:
    tokens = TokenQuotas(standard=standard, optimized=more.pop("optimized", {}))
    world = World(quotas=Quotas(model_units=more.pop("model_units", 0), tokens=tokens), **more)

    def ask(model: str = PRO, region: str = "us-east-1", **params: Any) -> Any:
        return say(world, model, "where is my parcel", region=region, inferenceConfig={"maxTokens": most}, **params)

    return world, ask


def test_a_call_that_reserves_more_than_is_left_is_throttled_however_short_its_answer() -> None:
    _, ask = limited({"*": SYSTEM_TOKENS + ASKED + 49})
    with pytest.raises(ClientError, match=r"Too many tokens, please wait before trying again\.") as refusal:
        ask()
    assert refusal.value.response["Error"]["Code"] == "ThrottlingException"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_without_most_tokens_the_models_own_are_reserved() -> None:
    world = World(quotas=Quotas(tokens=TokenQuotas(standard={PRO: 10_000})))
    with pytest.raises(ClientError, match="Too many tokens"):
        say(world, PRO, "hello")
    assert say(world, PRO, "hello", inferenceConfig={"maxTokens": 9_000})


def test_what_was_not_used_can_be_used_and_a_minute_later_all_of_it() -> None:
    world, ask = limited({PRO: 2 * USED + SYSTEM_TOKENS + ASKED + 50})
    assert {answer(ask()) for _ in range(3)} == {"delivery"}
    with pytest.raises(ClientError, match="Too many tokens"):
        ask()
    world.clock.forward(seconds=60)
    assert ask()


def test_a_call_holds_its_reservation_while_its_caller_waits() -> None:
    world, ask = limited({PRO: 2 * (SYSTEM_TOKENS + ASKED + 50) - 1}, latency=Latency(scale=1000.0))
    ask()
    with pytest.raises(ClientError, match="Too many tokens"):
        ask()
    world.bedrock.reset()
    assert ask()


def test_each_way_model_and_region_has_its_quota() -> None:
    _, ask = limited({"*": SYSTEM_TOKENS + ASKED + 50, "us-west-2/amazon.nova-pro-v1:0": 1})
    ask(PRO)
    ask(f"us.{PRO}")
    ask("amazon.nova-micro-v1:0")
    ask(f"us.{PRO}", "us-east-2")
    for model, region in ((PRO, "us-east-1"), (f"us.{PRO}", "us-east-1"), (f"us.{PRO}", "us-west-2")):
        with pytest.raises(ClientError, match="Too many tokens"):
            ask(model, region)


def test_output_tokens_of_some_models_count_five_times() -> None:
    burnt = SYSTEM_TOKENS + ASKED + 5 * 2
    _, ask = limited({"*": burnt + SYSTEM_TOKENS + ASKED + 50 - 1})
    ask(HAIKU_45)
    with pytest.raises(ClientError, match="Too many tokens"):
        ask(HAIKU_45)
    _, ask = limited({"*": burnt + SYSTEM_TOKENS + ASKED + 50})
    assert ask(HAIKU_45)
    assert ask(HAIKU_45)


def test_above_the_optimized_quota_the_service_silently_serves_standard() -> None:
    _, ask = limited({}, optimized={PRO: SYSTEM_TOKENS + ASKED + 50})
    first, second = ask(f"us.{PRO}", **FAST), ask(f"us.{PRO}", **FAST)
    assert [reply["performanceConfig"]["latency"] for reply in (first, second)] == ["optimized", "standard"]
    assert second["metrics"]["latencyMs"] == ask(f"us.{PRO}")["metrics"]["latencyMs"] > first["metrics"]["latencyMs"]


def test_a_large_request_to_llama_405b_is_served_standard() -> None:
    world = World(DECEMBER)
    served = [
        say(world, LLAMA_405, "x" * size, "four", "us-east-2", inferenceConfig={"maxTokens": 1000}, **FAST)
        for size in (4 * 9_999, 4 * 10_000)
    ]
    assert [reply["performanceConfig"]["latency"] for reply in served] == ["optimized", "standard"]


def test_deployments_burn_tokens_and_provisioned_throughput_does_not() -> None:
    world, ask = limited({"*": 1}, model_units=1)
    model = distilled(world)
    deployed = world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    bought = world.client().create_provisioned_model_throughput(
        provisionedModelName="live", modelId=model, modelUnits=1
    )
    world.pass_time(15)
    assert ask(bought["provisionedModelArn"])
    with pytest.raises(ClientError, match="Too many tokens"):
        ask(deployed["customModelDeploymentArn"])


def test_tiers_share_the_quota() -> None:
    _, ask = limited({PRO: USED + SYSTEM_TOKENS + ASKED + 50})
    ask(serviceTier={"type": "flex"})
    ask(serviceTier={"type": "priority"})
    with pytest.raises(ClientError, match="Too many tokens"):
        ask()


MICRO = "amazon.nova-micro-v1:0"
LONG = 4 * 119_000  # characters


def exhausted(world: World, model: str, region: str = "us-east-1") -> int:
    """How many long calls the model accepts in a minute; there is a limit below 100."""
    for calls in range(100):
        try:
            say(world, model, "x" * LONG, "four", region, inferenceConfig={"maxTokens": 1})
        except ClientError as refused:
            return calls if refused.response["Error"]["Code"] == "ThrottlingException" else -1
    raise AssertionError("no limit")


@pytest.mark.parametrize(
    ("model", "region", "calls"),
    [(PRO, "us-east-1", 8), (f"us.{PRO}", "us-east-1", 16), (MICRO, "us-east-1", 33), (f"us.{MICRO}", "us-east-2", 67)],
)
def test_without_any_setting_the_documented_quota_holds(model: str, region: str, calls: int) -> None:
    assert exhausted(World(), model, region) == calls


def test_without_any_setting_a_deployment_has_its_documented_quota() -> None:
    world = World()
    deployed = world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=distilled(world))
    world.pass_time(15)
    assert exhausted(world, deployed["customModelDeploymentArn"]) == 33


@pytest.mark.parametrize(
    ("base", "limit"),
    [
        ("amazon.nova-micro-v1:0:128k", 4_000_000),
        ("amazon.nova-lite-v1:0:300k", 4_000_000),
        ("amazon.nova-pro-v1:0:300k", 800_000),
        ("meta.llama3-3-70b-instruct-v1:0:128k", 300_000),
    ],
)
def test_a_deployment_has_the_quota_of_its_base(base: str, limit: int) -> None:
    assert quotas.token_quota(Quotas(), "us-east-1", supported_models.VARIANTS[base].id, quotas.DEPLOYMENT) == limit


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({}, True),
        ({"L-CE33604C": 1}, False),
        ({"us-east-1/L-CE33604C": 1, "L-CE33604C": 1_000_000}, False),
        ({"us-west-2/L-CE33604C": 1}, True),
        ({"L-C0326783": 1}, True),  # of the other type of call
    ],
)
def test_a_quota_of_tokens_is_set_by_its_code(values: dict[str, int], fits: bool) -> None:
    world = World(quotas=Quotas(values=values))
    if fits:
        assert say(world, PRO, "hello")
        return
    with pytest.raises(ClientError, match="Too many tokens"):
        say(world, PRO, "hello")


def test_jobs_take_nothing_of_the_quota_of_calls() -> None:
    world, _ = limited({"*": 1})
    done = batches.run(world)
    assert (done["status"], done["errorRecordCount"]) == ("Completed", 0)
    assert evaluations.run(world, evaluations.evaluation())["status"] == "Completed"


def test_every_token_quota_is_of_a_supported_model_and_has_one_code() -> None:
    assert {rate.model for rate in quotas.TOKEN_QUOTAS.values()} <= set(supported_models.MODELS)
    reported = [quota for quota in granted_quotas(Quotas(), "us-east-1") if "tokens per minute" in quota.name]
    assert len({quota.code for quota in reported}) == len({quota.name for quota in reported}) == len(reported) > 15
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", quota.code) for quota in reported)
