"""The whole benchmark on the simulator reproduces the published figures of latency-optimized inference.

Claude 3.5 Haiku, P50 (AWS Machine Learning Blog, 28 Jan 2025): time to first token 1.1 s → 0.6 s; the announcement's
own words are 42 % less and 77 % more tokens a second.
"""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import islice

import pytest

from bedrock_simulator.settings import Quotas, TokenQuotas
from distillery.cli.benchmark import prompts
from distillery.cli.benchmark.measurement import Budget, Plan, run
from distillery.cli.benchmark.report import FIRST, PACE, WHOLE, Report, build_report
from distillery.cli.benchmark.variant import Variant, variants
from distillery.client.converse import ResolvedStep
from distillery.client.route_map import Prices, RouteMap, Step
from simulator_support.fakes import DECEMBER
from tests.unit.cli.benchmark.virtual import client, simulated

pytestmark = pytest.mark.slow

HAIKU = "anthropic.claude-3-5-haiku-20241022-v1:0"
FAST = Step(
    model=HAIKU,
    region="us-east-2",
    identifier=f"us.{HAIKU}",
    latency="optimized",
    prices=Prices(input="1.00", output="5.00", as_of="2024-12-04"),
)
ROUTE = RouteMap(environment="launch", route="fast", description="", max_tokens=256, steps=(FAST,), tags={"a": "b"})
REQUESTS = 300


def resolved(route: RouteMap, index: int) -> ResolvedStep:
    step = route.steps[index]
    return ResolvedStep(index, step, str(step.identifier), step.model)


def measured(requests: int, quotas: Quotas | None = None) -> Report:
    harness, watch = simulated(DECEMBER)
    if quotas:
        harness.grant(quotas)
    haiku: list[Variant] = variants([(ROUTE, None)], resolved)
    plan = Plan(
        variants=haiku,
        prompts=[*islice(prompts.generated(), requests + 1)],
        warm_up=1,
        max_tokens=256,
        client=cache(lambda region: client(harness, watch, region)),
        now=watch,
    )
    measurement = build_report(haiku, run(plan, Budget(Decimal(9)), lambda: None))
    assert measurement is not None
    return measurement


@pytest.fixture(scope="module")
def measurement() -> Report:
    return measured(REQUESTS)


def test_the_first_token_comes_42_percent_earlier_and_the_others_77_percent_faster(measurement: Report) -> None:
    changes = measurement.changes["fast:optimized"]
    assert measurement.against == "fast:standard"
    assert changes[FIRST].low < -0.42 < changes[FIRST].high
    assert changes[FIRST].value == pytest.approx(-0.42, abs=0.07)
    assert changes[PACE].value == pytest.approx(0.77, abs=0.03)
    assert changes[WHOLE].high < 0


def test_the_figures_are_the_published_ones(measurement: Report) -> None:
    fast, usual = ({measure: figures[50] for measure, figures in one.figures.items()} for one in measurement.summaries)
    for published, figure in ((600, fast[FIRST]), (1100, usual[FIRST]), (85.9, fast[PACE]), (48.4, usual[PACE])):
        assert figure.low * 0.97 < published < figure.high * 1.03
    assert [one.served for one in measurement.summaries] == [{"optimized": REQUESTS}, {"standard": REQUESTS}]


def test_it_is_said_that_it_is_simulated(measurement: Report) -> None:
    assert measurement.simulated


def test_above_the_optimized_quota_the_truth_about_what_was_served_is_reported() -> None:
    measurement = measured(20, Quotas(tokens=TokenQuotas(optimized={"*": 2000})))
    served = measurement.summaries[0].served
    assert set(served) == {"optimized", "standard"}
    assert sum(served.values()) == 20


def test_the_same_run_gives_the_same_figures() -> None:
    first, again = (replace(measured(12), summaries=()) for _ in range(2))
    assert first == again
