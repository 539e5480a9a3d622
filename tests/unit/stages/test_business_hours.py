"""Business hours in the templates: schedules, states, what the guard may start, and what the ceiling reserves."""

import functools
import json
from typing import Any

import pytest

from distillery.core.business_hours import BusinessHours, Weekday
from distillery.settings.reading import parse, read
from infra.stages.endpoint import cron_of
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import synthesized
from tests.policy.templates import EnvironmentTemplates, rendered
from tests.unit.stages.test_state_machine import _all, _spelled, _way

pytestmark = pytest.mark.slow

HOURS = {"opens": "08:00", "closes": "18:30", "timezone": "Europe/Berlin"}


@functools.cache
def templates() -> EnvironmentTemplates:
    told = read("dev")
    support = told["recipes"]["support"] | {
        "hosting": "provisioned",
        "unit_price_usd_per_hour": 20,
        "model_units": 2,
        "business_hours": HOURS,
    }
    return synthesized(parse(told | {"recipes": {"support": support}, "max_model_units": 4}, "dev"))


def properties(kind: str) -> list[dict[str, Any]]:
    return [found.properties for found in templates().resources(kind)]


@functools.cache
def states() -> dict[str, Any]:
    definitions = [_spelled(one["DefinitionString"]) for one in properties("AWS::StepFunctions::StateMachine")]
    (pipeline,) = [text for text in definitions if "Pause alias" in text]
    return dict(_all(json.loads(pipeline)["States"]))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_holds(rule: Rule) -> None:
    assert [where for where, holds in rule.check(templates()) if not holds] == []


def test_the_guard_is_invoked_on_the_clocks_of_the_recipe() -> None:
    found = {json.loads(one["Target"]["Input"])["hours"]: one for one in properties("AWS::Scheduler::Schedule")}
    assert {name: one["ScheduleExpression"] for name, one in found.items()} == {
        "support-opens": "cron(0 8 ? * MON,TUE,WED,THU,FRI *)",
        "support-closes": "cron(30 18 ? * MON,TUE,WED,THU,FRI *)",
    }
    assert {one["ScheduleExpressionTimezone"] for one in found.values()} == {"Europe/Berlin"}
    assert {"EndpointSweep" in rendered(one["Target"]["Arn"]) for one in found.values()} == {True}


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("08:00", (Weekday.MONDAY,), "cron(0 8 ? * MON *)"),
        ("23:59", (Weekday.SATURDAY, Weekday.FRIDAY), "cron(59 23 ? * FRI,SAT *)"),
        ("24:00", (Weekday.FRIDAY, Weekday.SUNDAY), "cron(0 0 ? * MON,SAT *)"),
    ],
)
def test_midnight_is_on_the_next_day(text: str, days: tuple[Weekday, ...], expected: str) -> None:
    assert cron_of(BusinessHours(opens="08:00", closes=text, timezone="UTC", days=days), text) == expected


def test_a_pause_writes_the_alias_and_deletes_the_endpoint_when_callers_know() -> None:
    hours = next(branch for branch in states()["Hours"]["Branches"])
    assert _way(hours["States"], "Pause alias") == ["Pause alias", "Wait for callers", "Delete paused"]
    assert states()["Wait for callers"]["Seconds"] > 60
    opening = ["Create for hours", "Wait for hours", "For hours", "For hours ready?", "Record hours"]
    assert _way(hours["States"], "Create for hours") == opening


def test_a_change_that_fails_deletes_what_it_left_and_is_closed() -> None:
    (caught,) = states()["Hours"]["Catch"]
    assert caught == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Delete what is paused"}
    assert states()["Delete what is paused"]["Next"] == "Close failed hours"
    for name, then in (("Delete what is paused", "Close failed hours"), ("Close failed hours", "Hours failed")):
        assert states()[name]["Catch"][0]["Next"] == then


def test_the_ceiling_reserves_the_units_of_an_endpoint_with_hours() -> None:
    found = [
        one["Environment"]["Variables"]
        for one in properties("AWS::Lambda::Function")
        if "PAUSED_UNITS" in one.get("Environment", {}).get("Variables", {})
    ]
    assert len(found) == 3  # candidates, live endpoints, and the check before a job
    for variables in found:
        ((name, units),) = json.loads(variables["PAUSED_UNITS"]).items()
        assert (name.startswith("dev-support-live-"), units, variables["MAX_MODEL_UNITS"]) == (True, 2, "4")


def test_only_the_machine_may_be_started_by_the_guard() -> None:
    starts = [
        statement
        for holder, statement in templates().statements("AWS::IAM::Policy")
        if "EndpointSweep" in holder.id and "states:StartExecution" in statement["Action"]
    ]
    assert len(starts) == 1
    assert "StateMachine" in rendered(starts[0]["Resource"])


def test_status_reads_the_hours() -> None:
    (where,) = [one for one in properties("AWS::SSM::Parameter") if one["Name"] == "/distillery/dev/pipeline"]
    assert "business_hours" in rendered(where["Value"])
