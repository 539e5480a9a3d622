"""The idle cost: its arithmetic on small templates, and the limit for our own templates."""

from typing import Any

import pytest

from distillery.settings import load
from tests.bench import prices
from tests.bench.idle import DAYS, LIMIT, call_cost, calls_a_month, idle_cost
from tests.bench.recipes import grown_elsewhere, largest, templates

pytestmark = pytest.mark.slow
Json = dict[str, Any]


def _stack(**resources: Json) -> dict[str, Json]:
    return {"stack": {"Resources": resources}}


def _schedule(rate: str, *functions: str) -> Json:
    targets = [{"Arn": {"Fn::GetAtt": [name, "Arn"]}, "Id": name} for name in functions]
    return {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": rate, "Targets": targets}}


ALARM: Json = {"Type": "AWS::CloudWatch::Alarm"}
KEY: Json = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}}
FIXED_KEY: Json = {"Type": "AWS::KMS::Key", "Properties": {}}
FUNCTION: Json = {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 1024}}


@pytest.mark.parametrize(
    ("found", "rotations", "dollars"),
    [
        ({}, 0, 0.0),
        (_stack(A=ALARM, B=ALARM, D={"Type": "AWS::CloudWatch::Dashboard"}), 0, 3.2),
        (_stack(K=KEY), 0, 1.0),
        (_stack(K=KEY), 1, 2.0),
        (_stack(K=KEY), 2, 3.0),
        (_stack(K=KEY), 9, 3.0),
        (_stack(K=FIXED_KEY), 2, 1.0),
        (_stack(B={"Type": "AWS::S3::Bucket"}, R={"Type": "AWS::IAM::Role"}), 0, 0.0),
        (_stack(F=FUNCTION, R=_schedule("rate(1 hour)", "F")), 0, 730 * call_cost(1024)),
        (_stack(F=FUNCTION, G=FUNCTION, R=_schedule("rate(15 minutes)", "F", "G")), 0, 5840 * call_cost(1024)),
    ],
)
def test_what_stands_and_what_is_scheduled_costs_by_the_price_table(
    found: dict[str, Json], rotations: int, dollars: float
) -> None:
    assert sum(idle_cost(found, rotations=rotations).values()) == pytest.approx(dollars)


def test_a_type_without_a_price_is_no_free_lunch() -> None:
    with pytest.raises(KeyError, match="AWS::EC2::NatGateway"):
        idle_cost(_stack(N={"Type": "AWS::EC2::NatGateway"}), rotations=0)


def test_a_schedule_that_calls_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no function"):
        idle_cost(_stack(R=_schedule("rate(1 hour)", "Q"), Q={"Type": "AWS::SQS::Queue"}), rotations=0)


@pytest.mark.parametrize(
    ("schedule", "calls"), [("rate(1 minute)", 43_800), ("rate(15 minutes)", 2920), ("rate(1 day)", 730 / 24)]
)
def test_a_rate_gives_its_calls_a_month(schedule: str, calls: float) -> None:
    assert calls_a_month(schedule) == pytest.approx(calls)


def test_a_schedule_that_is_no_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="cron"):
        calls_a_month("cron(0 12 * * ? *)")


def test_a_call_costs_what_its_parts_cost() -> None:
    more = prices.LAMBDA_GB_SECOND.usd * prices.CALL_SECONDS
    assert call_cost(2048) - call_cost(1024) == pytest.approx(more)


@pytest.mark.parametrize("environment", DAYS)
def test_an_environment_that_nobody_uses_costs_at_most_ten_dollars_a_month(environment: str) -> None:
    """In the first year, and after all billed key rotations."""
    found = templates(load(environment, on=DAYS[environment]))
    for rotations in (0, prices.PAID_ROTATIONS):
        assert 0 < sum(idle_cost(found, rotations=rotations).values()) <= LIMIT


def test_only_what_belongs_to_routes_may_grow() -> None:
    few = _stack(P={"Type": "AWS::SSM::Parameter"}, A=ALARM)
    routes = _stack(P={"Type": "AWS::SSM::Parameter"}, Q={"Type": "AWS::SSM::Parameter"}, A=ALARM)
    assert grown_elsewhere(few, routes) == 0
    assert grown_elsewhere(few, _stack(A=ALARM, B=ALARM)) == 1


def test_the_largest_template_and_the_fullest_need_not_be_one() -> None:
    wide = {"Resources": {"A": {"Type": "x" * 100}}}
    full: Json = {"Resources": {"A": {}, "B": {}}}
    assert largest({"wide": wide, "full": full}) == (len('{"Resources": {"A": {"Type": ""}}}') + 100, 2)
