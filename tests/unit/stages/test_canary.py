"""Canaries in the templates: their states, and what their function may do. Without one, nothing of it is deployed."""

import functools
import json
from typing import Any

import pytest

from distillery.settings.reading import parse, read
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import synthesized
from tests.policy.templates import EnvironmentTemplates, rendered
from tests.unit.stages.test_state_machine import _all, _spelled, _way

pytestmark = pytest.mark.slow


@functools.cache
def templates(*, canary: bool = True) -> EnvironmentTemplates:
    told = read("dev")
    support = told["recipes"]["support"] | ({"canary": {"share": 0.2}} if canary else {})
    return synthesized(parse(told | {"recipes": {"support": support}}, "dev"))


@functools.cache
def definition() -> dict[str, Any]:
    machines = templates().resources("AWS::StepFunctions::StateMachine")
    found = [json.loads(_spelled(each.properties["DefinitionString"])) for each in machines]
    (pipeline,) = [each for each in found if "Action?" in each["States"]]
    return dict(pipeline)


@functools.cache
def states() -> dict[str, Any]:
    return dict(_all(definition()["States"]))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_holds(rule: Rule) -> None:
    assert [where for where, holds in rule.check(templates()) if not holds] == []


def test_a_recipe_without_a_canary_deploys_nothing_of_it() -> None:
    assert "canary" not in json.dumps([each.properties for each in templates(canary=False).resources()]).lower()


def test_a_run_whose_student_passed_begins_its_canary_and_is_closed() -> None:
    live, canary = states()["Goes live?"]["Choices"]
    assert (live["StringEquals"], live["Next"]) == ("promoted", "Promote")
    assert canary == {"Variable": "$.follow_up.outcome", "StringEquals": "canary", "Next": "Begin canary"}
    given = {"step": "begin", "state.$": "$", "machine.$": "$$.StateMachine.Id"}
    assert states()["Begin canary"]["Parameters"] == given
    assert states()["Begin canary"]["End"]


def test_a_canary_is_looked_at_until_it_is_decided() -> None:
    (branch,) = states()["Guarded canary"]["Branches"]
    begins = ["Create canary", "Wait for canary", "Canary", "Canary ready?", "Keep prompt", "Admit canary"]
    assert _way(branch["States"], branch["StartAt"]) == [
        *begins,
        *("Wait for calls", "Look at canary", "What follows?", "Canary is withdrawn"),
    ]
    assert states()["Wait for calls"]["SecondsPath"] == "$.look.wait"
    assert {each["StringEquals"]: each["Next"] for each in states()["What follows?"]["Choices"]} == {
        "continue": "Wait for calls",
        "promote": "Promote canary",
    }
    passed = ["Promote canary", "Wait for passed", "Passed", "Passed ready?", "Record canary"]
    assert _way(branch["States"], "Promote canary") == passed


ENDED = ["Withdraw canary", "Callers of canary", "Delete canary", "Close canary", "Canary ended"]
BROKEN = ["Withdraw broken canary", "Callers of broken canary", "Delete broken canary", "Close broken canary"]


def test_callers_know_before_its_endpoint_is_deleted() -> None:
    assert _way(definition()["States"], "Guarded canary") == ["Guarded canary", *ENDED]
    assert states()["Callers of canary"]["Seconds"] > 60
    assert _way(definition()["States"], BROKEN[0]) == [*BROKEN, "Canary failed"]
    assert states()["Callers of broken canary"]["Seconds"] > 60


def test_what_breaks_is_withdrawn_and_deleted_whatever_else_fails() -> None:
    for name in ("Guarded canary", "Withdraw canary", "Delete canary"):
        (caught,) = states()[name]["Catch"]
        assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], BROKEN[0])
    for name, then in (
        (BROKEN[0], BROKEN[1]),
        (BROKEN[2], BROKEN[3]),
        (BROKEN[3], "Canary failed"),
    ):
        assert states()[name]["Catch"][0]["Next"] == then


def test_the_execution_that_only_ends_a_canary_looks_at_nothing() -> None:
    (ends,) = states()["Ends only?"]["Choices"]
    assert ends == {"Variable": "$.ending", "BooleanEquals": True, "Next": ENDED[0]}
    assert states()["Ends only?"]["Default"] == "Guarded canary"


def statements(of: str) -> list[dict[str, Any]]:
    return [statement for holder, statement in templates().statements("AWS::IAM::Policy") if of in holder.id]


def test_the_guard_may_take_a_canary_out_of_the_alias_of_a_recipe_that_has_one() -> None:
    written = [each for each in statements("EndpointSweep") if "ssm:PutParameter" in each["Action"]]
    assert [rendered(each["Resource"]).endswith("alias/support") for each in written] == [True]


def test_a_deployment_that_drops_the_table_tells_the_guard_of_recipes() -> None:
    with_one, without = (
        [each.properties for each in templates(canary=canary).resources("Custom::KeptRecipes")]
        for canary in (True, False)
    )
    assert [each.get("Canaries") for each in (*with_one, *without)] == [["support"], None]


def test_its_function_reads_metrics_of_both_regions_and_starts_the_machine_alone() -> None:
    found = statements("CanaryFunction") + statements("CanaryStart")
    metrics = [each for each in found if "cloudwatch:GetMetricData" in each["Action"]]
    assert [(each["Action"], each["Resource"]) for each in metrics] == [("cloudwatch:GetMetricData", "*")]
    assert metrics[0]["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-east-2"]}}
    starts = [each for each in found if "states:StartExecution" in each["Action"]]
    assert len(starts) == 1
    assert "StateMachine" in rendered(starts[0]["Resource"])
    assert not any("bedrock:InvokeModel" in each["Action"] for each in found)
    assert not any("bedrock:Update" in action for each in found for action in each["Action"])
