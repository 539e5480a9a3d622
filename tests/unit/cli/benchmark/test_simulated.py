"""Measurements on the simulator in a separate process, in real time: even a short wait is measured correctly."""

import time
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import islice

import pytest

from distillery.cli.benchmark import prompts
from distillery.cli.benchmark.measurement import Budget, Plan, run
from distillery.cli.benchmark.report import FIRST, PACE, build_report
from distillery.cli.benchmark.variant import variants
from distillery.cli.local_account import modelled_latency
from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.unit.cli.benchmark.routes import resolved
from tests.unit.cli.benchmark.test_published_shape import ROUTE


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Standalone]:
    with Standalone("--speed", "0", "--date", "2024-12-10", python=ROOT / ".venv-local/bin/python") as started:
        yield started


def test_time_passes_only_while_it_is_felt(bedrock: Standalone) -> None:
    with modelled_latency(bedrock.url, 0.5) as scale:
        assert scale == 0.5 == bedrock.admin("GET", "latency")["scale"]
    assert bedrock.admin("GET", "latency")["scale"] == 0
    with pytest.raises(ZeroDivisionError), modelled_latency(bedrock.url):
        raise ZeroDivisionError
    assert bedrock.admin("GET", "latency")["scale"] == 0


@pytest.mark.slow
def test_optimized_is_faster_on_a_real_clock_too(bedrock: Standalone) -> None:
    measured = variants([(ROUTE, None)], resolved)
    with modelled_latency(bedrock.url, 0.3) as scale:
        plan = Plan(
            variants=measured,
            prompts=[*islice(prompts.generated(), 5)],
            warm_up=1,
            max_tokens=256,
            client=cache(lambda region: bedrock.client("bedrock-runtime", region)),
            now=time.perf_counter,
            scale=scale,
        )
        told = build_report(measured, run(plan, Budget(Decimal(9)), lambda: None))
    assert told is not None
    assert told.simulated
    fast, usual = ({measure: figures[50].value for measure, figures in one.figures.items()} for one in told.summaries)
    # not closer: this machine's overhead counts three times here
    assert min(fast[FIRST], usual[FIRST]) > 100
    assert usual[PACE] < fast[PACE] < 100
