"""A measurement: interleaved, warmed up and within its budget. Results are kept however it ends."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from distillery.cli.benchmark import prompts
from distillery.cli.benchmark.measurement import BenchmarkResult, Budget, Plan, max_cost_usd, max_total_usd, run
from distillery.cli.benchmark.variant import Variant
from tests.fakes.errors import service_error
from tests.unit.cli.benchmark.routes import FakeRuntime, arm
from tests.unit.cli.benchmark.virtual import Stopwatch
from tests.unit.cli.routes import APPLICATION, FAST, PRO, SUPPORT

ARMS = [arm(FAST), arm(FAST, 2), arm(SUPPORT)]
NAMES = ["fast:optimized", "fast:standard", "distilled/support:standard"]
RICH = Decimal(9)


def running(
    runtime: FakeRuntime, arms: Sequence[Variant] = ARMS, cap: Decimal = RICH, **changes: Any
) -> BenchmarkResult:
    plan = Plan(
        variants=arms,
        prompts=[*islice(prompts.generated(), 7)],
        warm_up=1,
        max_tokens=256,
        client=lambda _region: runtime,
        now=runtime.watch,
    )
    return run(replace(plan, **changes), Budget(cap), lambda: None)


def test_every_arm_is_asked_the_same_and_none_is_always_first() -> None:
    runtime = FakeRuntime(Stopwatch())
    result = running(runtime)
    assert {name: len(taken) for name, taken in result.samples.items()} == dict.fromkeys(NAMES, 6)
    rounds = [runtime.asked[at : at + 3] for at in range(0, 21, 3)]
    assert all(len({str(one["messages"]) for one in asked}) == 1 for asked in rounds)
    assert len({str(asked[0]["messages"]) for asked in rounds}) == 7
    firsts = [asked[0]["modelId"] for asked in rounds]
    assert firsts[:3] == [f"us.{PRO}", APPLICATION, "its deployment"] == firsts[3:6]


def test_a_request_is_what_the_map_says() -> None:
    runtime = FakeRuntime(Stopwatch())
    running(runtime, ARMS[:1])
    asked = runtime.asked[0]
    assert asked["performanceConfig"] == {"latency": "optimized"}
    assert asked["requestMetadata"] == FAST.tags
    assert asked["inferenceConfig"] == {"maxTokens": 256}


def test_a_variant_that_no_warm_up_reached_is_left_out_and_says_why() -> None:
    refused = service_error("AccessDeniedException", message="no such permission")
    runtime = FakeRuntime(Stopwatch(), errors={APPLICATION: refused})
    result = running(runtime)
    assert list(result.unreachable) == ["fast:standard"]
    assert "no such permission" in result.unreachable["fast:standard"]
    assert [len(taken) for taken in result.samples.values()] == [6, 0, 6]
    assert sum(one["modelId"] == APPLICATION for one in runtime.asked) == 1


def test_the_cap_is_never_exceeded() -> None:
    all_of_it = max_total_usd(ARMS, [*islice(prompts.generated(), 7)], 256)
    cap = all_of_it / 3
    runtime = FakeRuntime(Stopwatch(), tokens=256)
    result = running(runtime, cap=cap)
    assert result.stopped is not None
    assert f"above the cap of ${cap}" in result.stopped
    prices = {f"us.{PRO}": ARMS[0], APPLICATION: ARMS[1], "its deployment": ARMS[2]}
    spent = sum((prices[one["modelId"]].cost_usd(20, 256) or Decimal() for one in runtime.asked), Decimal())
    assert cap * Decimal("0.7") < spent <= cap


def test_an_answer_that_failed_may_have_cost_all_that_it_might() -> None:
    runtime = FakeRuntime(Stopwatch(), errors={f"us.{PRO}": service_error("ModelTimeoutException")})
    once = max_cost_usd(ARMS[0], next(prompts.generated()), 256)
    result = running(runtime, ARMS[:1], cap=once * 2, warm_up=0)
    assert (len(runtime.asked), result.stopped is None) == (2, False)


def test_the_estimate_is_not_below_what_is_paid() -> None:
    runtime = FakeRuntime(Stopwatch(), tokens=256)
    assert running(runtime, cap=max_total_usd(ARMS, [*islice(prompts.generated(), 7)], 256)).stopped is None


def test_ctrl_c_leaves_what_was_measured() -> None:
    runtime = FakeRuntime(Stopwatch())

    def stop() -> None:
        if len(runtime.asked) == 10:
            raise KeyboardInterrupt

    runtime.meanwhile = stop
    result = running(runtime)
    assert result.stopped == "Ctrl-C stopped it"
    assert sum(len(taken) for taken in result.samples.values()) == 6


@pytest.mark.parametrize("arms", [[ARMS[0]], ARMS])
def test_every_request_is_reported(arms: list[Variant]) -> None:
    told: list[None] = []
    runtime = FakeRuntime(Stopwatch())
    plan = Plan(
        variants=arms,
        prompts=[*islice(prompts.generated(), 4)],
        warm_up=2,
        max_tokens=9,
        client=lambda _region: runtime,
        now=runtime.watch,
    )
    run(plan, Budget(RICH), lambda: told.append(None))
    assert len(told) == 4 * len(arms)
