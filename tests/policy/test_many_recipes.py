"""Fifty recipes: the resources stay the same, and policies stay within IAM's limits."""

import functools
from collections import Counter

import pytest

from distillery.core import catalog
from distillery.core.names import RECIPE_MAX
from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.policy import sizes
from tests.policy.rules import RULES, Rule
from tests.policy.rules.examples import get, policy, resource, role
from tests.policy.rules.examples import statement as said
from tests.policy.synthesis import ENVIRONMENTS, TODAY, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, single_stack


def with_recipes(count: int) -> Settings:
    """Returns dev with that many recipes, with names of the maximum length, over every pair of its home Region."""
    told = read("dev")
    pairs = catalog.pairs(told["home_region"], TODAY)
    recipes = {}
    for number in range(count):
        pair = pairs[number % len(pairs)]
        name = f"support-{number:03}-".ljust(RECIPE_MAX, "x")
        own = {"teacher": pair.teacher, "student": pair.student, "training_usd_per_million_tokens": "1.00"}
        recipes[name] = told["recipes"]["support"] | own
    return parse(told | {"recipes": recipes}, "dev")


@functools.cache
def grown(count: int) -> EnvironmentTemplates:
    return synthesized(with_recipes(count))


def _kinds(of: EnvironmentTemplates) -> Counter[tuple[str, str]]:
    return Counter((found.stack.part, found.kind) for found in of.resources())


def test_fifty_recipes_are_settings_that_nothing_is_wrong_with() -> None:
    assert [str(one) for one in findings(with_recipes(50), TODAY)] == []


def test_each_recipe_adds_one_route_parameter_policy_and_budget_only() -> None:
    assert _kinds(grown(50)) - _kinds(grown(1)) == {
        ("serving", "AWS::SSM::Parameter"): 49,
        ("serving", "AWS::IAM::ManagedPolicy"): 49,
        ("telemetry", "AWS::Budgets::Budget"): 49,
    }
    assert not _kinds(grown(1)) - _kinds(grown(50))


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds_with_fifty_recipes(rule: Rule) -> None:
    assert [where for where, holds in rule.check(grown(50)) if not holds] == []


@pytest.mark.parametrize("environment", [*ENVIRONMENTS, "fifty"])
def test_policies_and_parameters_stay_below_the_limits_of_their_services(environment: str) -> None:
    of = grown(50) if environment == "fifty" else templates(environment)
    for lengths, limit in (
        (sizes.of_roles(of), sizes.ROLE_MAX),
        (sizes.of_managed_policies(of), sizes.MANAGED_MAX),
        (sizes.of_parameters(of), sizes.PARAMETER_MAX),
    ):
        assert lengths
        assert sizes.over(lengths, limit) == []


def test_a_policy_is_as_long_as_what_cloudformation_makes_of_it() -> None:
    small = {"Action": "kms:Decrypt", "Resource": get("Key")}
    assert sizes.length(small) == len('{"Action":"kms:Decrypt","Resource":""}') + 140
    joined = {"Fn::Join": ["", ["arn:aws:ssm:us-east-1:", {"Ref": "AWS::AccountId"}, ":parameter/x"]]}
    assert sizes.length(joined) == len('"arn:aws:ssm:us-east-1:111111111111:parameter/x"')


def test_two_policies_of_one_role_count_together() -> None:
    long = policy(said("kms:Decrypt", [get(f"K{number}") for number in range(40)]))
    one, two = (
        single_stack({"Role": role("lambda.amazonaws.com")} | each) for each in ({"P": long}, {"P": long, "Q": long})
    )
    assert not sizes.over(sizes.of_roles(one), sizes.ROLE_MAX)
    assert sizes.over(sizes.of_roles(two), sizes.ROLE_MAX)


def test_a_parameter_that_is_too_long_is_found() -> None:
    long = single_stack({"P": resource("AWS::SSM::Parameter", Value="x" * 4097)})
    assert sizes.over(sizes.of_parameters(long), sizes.PARAMETER_MAX)
