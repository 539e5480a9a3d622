"""Latency modes and service tiers: by model, Region and type of call, in a body and in headers."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ACCOUNT, TODAY, World, say
from test_invoke import CLAUDE, NOVA, PROMPT

PRO, MICRO, LITE = (f"amazon.nova-{size}-v1:0" for size in ("pro", "micro", "lite"))
HAIKU_35, HAIKU_45 = "us.anthropic.claude-3-5-haiku-20241022-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0"
L70, L405 = "us.meta.llama3-1-70b-instruct-v1:0", "us.meta.llama3-1-405b-instruct-v1:0"
L8 = "us.meta.llama3-1-8b-instruct-v1:0"
WINTER = datetime(2025, 12, 10, tzinfo=UTC)
EAST, OHIO, WEST = "us-east-1", "us-east-2", "us-west-2"
BODIES = {"amazon": NOVA, "anthropic": CLAUDE, "meta": PROMPT}


def by_body(world: World, model: str, region: str, latency: str | None, tier: str | None) -> Any:
    requested: dict[str, Any] = {"performanceConfig": {"latency": latency}} if latency else {}
    requested |= {"serviceTier": {"type": tier}} if tier else {}
    return say(world, model, "hello", region=region, **requested)


def by_header(world: World, model: str, region: str, latency: str | None, tier: str | None) -> Any:
    requested: dict[str, Any] = {"performanceConfigLatency": latency} if latency else {}
    requested |= {"serviceTier": tier} if tier else {}
    body = next(body for provider, body in BODIES.items() if f"{provider}." in model)
    return world.client("bedrock-runtime", region).invoke_model(modelId=model, body=json.dumps(body), **requested)


WAYS = pytest.mark.parametrize("ask", [by_body, by_header])


@WAYS
@pytest.mark.parametrize(
    ("at", "model", "region"),
    [
        (TODAY, f"us.{PRO}", EAST),
        (TODAY, f"us.{PRO}", OHIO),
        (TODAY, f"arn:aws:bedrock:{EAST}:{ACCOUNT}:inference-profile/us.{PRO}", EAST),
        (TODAY, L70, OHIO),
        (TODAY, L70, WEST),
        (WINTER, HAIKU_35, OHIO),
        (WINTER, L405, OHIO),
    ],
)
def test_what_is_listed_answers_optimized(ask: Any, at: datetime, model: str, region: str) -> None:
    reply = ask(World(at), model, region, "optimized", None)
    assert reply.get("performanceConfigLatency") or reply["performanceConfig"]["latency"] == "optimized"


@WAYS
@pytest.mark.parametrize(
    ("at", "model", "region"),
    [
        (TODAY, PRO, EAST),
        (TODAY, f"us.{PRO}", WEST),
        (TODAY, f"us.{PRO}", "us-west-1"),
        (TODAY, f"us.{LITE}", EAST),
        (TODAY, f"us.{MICRO}", EAST),
        (TODAY, HAIKU_45, OHIO),
        (TODAY, L70, EAST),
        (TODAY, L8, OHIO),
        (TODAY, "meta.llama3-1-70b-instruct-v1:0", WEST),
        (WINTER, HAIKU_35, EAST),
    ],
)
def test_what_is_not_listed_does_not(ask: Any, at: datetime, model: str, region: str) -> None:
    with pytest.raises(
        ClientError, match=r"Latency performance configuration is not supported for .* in us-"
    ) as refusal:
        ask(World(at), model, region, "optimized", None)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@WAYS
@pytest.mark.parametrize(
    ("model", "tiers"),
    [
        (PRO, {"default", "priority", "flex"}),
        (f"us.{PRO}", {"default", "priority", "flex"}),
        (LITE, {"default"}),
        (MICRO, {"default"}),
        (HAIKU_35, {"default"}),
    ],
)
def test_every_model_has_the_tiers_of_its_card_and_reserved_is_refused(ask: Any, model: str, tiers: set[str]) -> None:
    world = World(WINTER)

    def refusal(tier: str) -> str:
        try:
            ask(world, model, EAST, None, tier)
        except ClientError as refused:
            return str(refused)
        return ""

    generated = {tier: refusal(tier) for tier in ("default", "priority", "flex", "reserved")}
    assert {tier for tier, message in generated.items() if not message} == tiers
    assert all(f"The service tier {tier} is not supported" in generated[tier] for tier in set(generated) - tiers)


@WAYS
@pytest.mark.parametrize(("latency", "tier"), [("fast", None), (None, "cheap")])
def test_a_mode_or_tier_that_there_is_not_is_refused(ask: Any, latency: str | None, tier: str | None) -> None:
    with pytest.raises(ClientError, match="enum value set"):
        ask(World(), PRO, EAST, latency, tier)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (json.dumps({f"key{number}": "v" for number in range(17)}), "length less than or equal to 16"),
        (json.dumps({"k" * 257: "v"}), "length less than or equal to 256"),
        (json.dumps({"k!": "v"}), "regular expression"),
        (json.dumps({"k": 1}), "Invalid type"),
        (json.dumps({f"{number:02}": "v" * 256 for number in range(16)} | {"x": "v" * 8500}), "to 8500"),
    ],
)
def test_the_metadata_of_a_header_has_the_limits_of_a_body(metadata: str, message: str) -> None:
    runtime = World().client("bedrock-runtime")
    with pytest.raises(ClientError, match=message):
        runtime.invoke_model(modelId=PRO, body=json.dumps(NOVA), requestMetadata=metadata)
