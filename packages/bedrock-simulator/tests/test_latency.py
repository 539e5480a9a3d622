"""The modelled latency: published figures, reproducible, and scaled."""

import math
import statistics
from typing import Any

import pytest

from bedrock_simulator.runtime import latency
from bedrock_simulator.settings import Latency
from simulator_support.fakes import DECEMBER, World, say

PRO = "amazon.nova-pro-v1:0"
HAIKU_35 = "anthropic.claude-3-5-haiku-20241022-v1:0"
LLAMA_70 = "meta.llama3-1-70b-instruct-v1:0"
DRAWS = 3000


def drawn(model: str, mode: str, output: int, tier: str | None = None) -> list[latency.Timing]:
    return [latency.timing(model, mode, tier, output, str(number), "seed") for number in range(DRAWS)]


@pytest.mark.parametrize(
    ("model", "mode", "output", "published"),
    [
        (PRO, "standard", 65, 954),
        (PRO, "standard", 500, 5279),
        (PRO, "optimized", 65, 728),
        (PRO, "optimized", 500, 3266),
    ],
)
def test_the_whole_call_has_the_published_median(model: str, mode: str, output: int, published: int) -> None:
    assert statistics.median(t.total for t in drawn(model, mode, output)) == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize(
    ("model", "mode", "median", "slow", "pace"),
    [
        (HAIKU_35, "optimized", 600, 1400, 85.9),
        (HAIKU_35, "standard", 1100, 2900, 48.4),
        (LLAMA_70, "optimized", 400, None, 137.0),
        (LLAMA_70, "standard", 900, None, 30.2),
    ],
)
def test_the_first_token_and_the_pace_have_the_published_figures(
    model: str, mode: str, median: int, slow: int | None, pace: float
) -> None:
    found = drawn(model, mode, 100)
    firsts = sorted(timing.first for timing in found)
    assert firsts[DRAWS // 2] == pytest.approx(median, rel=0.05)
    assert slow is None or firsts[DRAWS * 9 // 10] == pytest.approx(slow, rel=0.05)
    assert statistics.median(100 / timing.rest * 1000 for timing in found) == pytest.approx(pace, rel=0.02)


def test_priority_is_faster_and_flex_slower() -> None:
    means = [statistics.mean(t.total for t in drawn(PRO, "standard", 65, tier)) for tier in ("priority", None, "flex")]
    assert means == sorted(means)


def test_a_seed_a_model_and_a_prompt_decide_it() -> None:
    same = latency.timing(PRO, "standard", None, 10, "hello", "a")
    assert same == latency.timing(PRO, "standard", None, 10, "hello", "a")
    assert same != latency.timing(PRO, "standard", None, 10, "hello", "b")


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0])
def test_an_answer_waits_as_far_as_the_scale_says(scale: float) -> None:
    world = World(latency=Latency(scale=scale))
    taken = say(world, PRO, "where is my parcel")["metrics"]["latencyMs"]
    assert world.last.delay == pytest.approx(taken / 1000 * scale, abs=0.001 * scale)


def test_a_stream_arrives_over_time() -> None:
    world = World(DECEMBER, latency=Latency(scale=2.0))
    fast: dict[str, Any] = {"performanceConfig": {"latency": "optimized"}}
    reply = world.client("bedrock-runtime", "us-east-2").converse_stream(
        modelId=f"us.{HAIKU_35}", messages=[{"role": "user", "content": [{"text": "where is my parcel"}]}], **fast
    )
    taken = next(event for event in reply["stream"] if "metadata" in event)["metadata"]["metrics"]["latencyMs"]
    waits = [wait for wait, _ in world.last.chunks or ()]
    assert math.isclose(sum(waits), taken / 1000 * 2, abs_tol=0.002)
    assert waits[0] == max(waits) > 0
