"""Each recipe has a budget, filtered by its cost tag, that notifies the topic."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aws_cdk import App, Stack, assertions
from aws_cdk import aws_sns as sns

from distillery.core.hosting_mode import HostingMode
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from infra.constructs.monthly_budget import HOURS, environment_budget, limit_usd, monthly_budgets
from tests.fakes.pipeline import provisioned, recipe


def _all(*recipes: Recipe) -> list[dict[str, Any]]:
    stack = Stack(App(), "Stack")
    monthly_budgets(stack, Names("dev"), recipes, sns.Topic(stack, "Topic"))
    found = assertions.Template.from_stack(stack).find_resources("AWS::Budgets::Budget")
    return [each["Properties"] for each in found.values()]


def _made(of: Recipe) -> dict[str, Any]:
    (properties,) = _all(of)
    return properties


@pytest.mark.slow
def test_recipes_whose_names_differ_by_a_hyphen_have_a_budget_each() -> None:
    names = {each["Budget"]["BudgetName"] for each in _all(recipe(name="a-b"), recipe(name="ab"))}
    assert names == {"distillery_dev_a-b", "distillery_dev_ab"}


@pytest.mark.slow
def test_a_recipe_is_looked_at_by_the_tag_that_its_jobs_and_models_carry() -> None:
    budget = _made(recipe())["Budget"]
    assert budget["CostFilters"] == {"TagKeyValue": ["user:distillery:recipe$support"]}
    assert (budget["BudgetName"], budget["BudgetType"], budget["TimeUnit"]) == (
        "distillery_dev_support",
        "COST",
        "MONTHLY",
    )


def test_credits_hide_nothing_of_what_was_spent() -> None:
    assert _made(recipe())["Budget"]["CostTypes"] == {"IncludeCredit": False, "IncludeRefund": False}


def test_the_topic_is_told_before_and_at_the_limit_and_when_it_is_foreseen() -> None:
    told = _made(recipe())["NotificationsWithSubscribers"]
    kinds = {(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told}
    assert kinds == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    for one in told:
        (subscriber,) = one["Subscribers"]
        assert subscriber["SubscriptionType"] == "SNS"
        assert "Topic" in json.dumps(subscriber["Address"])


@pytest.mark.parametrize("monthly", [None, Decimal("33.50")])
def test_the_limit_is_the_cap_of_the_ledger(monthly: Decimal | None) -> None:
    of = recipe(budget_usd=Decimal(7), monthly_budget_usd=monthly)
    limit = {"Amount": 35 if monthly is None else 33.5, "Unit": "USD"}
    assert _made(of)["Budget"]["BudgetLimit"] == limit


def test_an_endpoint_by_the_hour_is_expected_for_the_whole_month() -> None:
    of = replace(provisioned(), monthly_budget_usd=Decimal(100))
    assert of.hosting is HostingMode.PROVISIONED
    assert of.unit_price_usd_per_hour is not None
    assert limit_usd(of) == 100 + HOURS * of.model_units * of.unit_price_usd_per_hour


def _of_environment(*recipes: Recipe) -> list[dict[str, Any]]:
    stack = Stack(App(), "Stack")
    environment_budget(stack, Names("dev"), recipes, sns.Topic(stack, "Topic"))
    found = assertions.Template.from_stack(stack).find_resources("AWS::Budgets::Budget")
    return [each["Properties"]["Budget"] for each in found.values()]


def test_the_environment_has_a_budget_of_all_that_carries_its_tag() -> None:
    recipes = [recipe(), provisioned(name="triage")]
    (budget,) = _of_environment(*recipes)
    assert budget["BudgetName"] == "distillery_dev"
    assert budget["CostFilters"] == {"TagKeyValue": ["user:distillery:environment$dev"]}
    assert budget["BudgetLimit"]["Amount"] == float(sum(limit_usd(each) for each in recipes))


def test_an_environment_without_recipes_has_no_budget() -> None:
    assert _of_environment() == []
