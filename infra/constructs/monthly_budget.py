"""An AWS Budget for each recipe, and one for the environment: they compare the cost billed under a tag with what may be
spent in a month.

The ledger's cap keeps runs from starting; the budget looks at the bill, a day later, and notifies the topic. It covers
what is tagged: jobs, models and endpoints. It also counts a recipe of the same name in another environment of the
account: the documentation does not say whether several tags in `CostFilters` must all match, and an early notification
is the better error.
"""

from collections.abc import Iterable
from decimal import Decimal

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from distillery.core.hosting_mode import HostingMode
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, Names
from distillery.core.recipe import Recipe

HOURS = 744
"""In a month of 31 days."""

NOTIFY_AT = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Percent of the limit. A forecast needs about five weeks of costs (Cost Management guide, budgets-best-practices)."""


def monthly_budgets(scope: Construct, names: Names, recipes: Iterable[Recipe], topic: sns.ITopic) -> None:
    """Beneath a construct of their own: the logical ids of recipes `a-b` and `ab` differ only by their hash."""
    months = Construct(scope, "Months")
    for recipe in recipes:
        tag = f"{TAG_RECIPE}${recipe.name}"
        _budget(months, recipe.name, names.month_budget(recipe.name), tag, limit_usd(recipe), topic)


def environment_budget(scope: Construct, names: Names, recipes: Iterable[Recipe], topic: sns.ITopic) -> None:
    """A budget of everything with the environment's tag, of all recipes' limits together; none without recipes.

    It also sees what no recipe of the settings has any more, and what is no recipe's: routes, buckets and logs. Models
    of the AWS Marketplace bill under their provider and have no tag (docs/money.md).
    """
    limit = sum((limit_usd(recipe) for recipe in recipes), Decimal(0))
    if limit:
        tag = f"{TAG_ENVIRONMENT}${names.environment}"
        _budget(scope, "EnvironmentMonth", names.environment_budget, tag, limit, topic)


def _budget(scope: Construct, ident: str, name: str, tag: str, limit: Decimal, topic: sns.ITopic) -> budgets.CfnBudget:
    """Credits and refunds are excluded: they would hide what was spent."""
    notifications = [
        budgets.CfnBudget.NotificationWithSubscribersProperty(
            notification=budgets.CfnBudget.NotificationProperty(
                notification_type=kind, comparison_operator="GREATER_THAN", threshold=at, threshold_type="PERCENTAGE"
            ),
            subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)],
        )
        for kind, at in NOTIFY_AT
    ]
    return budgets.CfnBudget(
        scope,
        ident,
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_name=name,
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=float(limit), unit="USD"),
            # Tags that users gave begin with `user:`; without it nothing is found (CLI reference, create-budget)
            cost_filters={"TagKeyValue": [f"user:{tag}"]},
            cost_types=budgets.CfnBudget.CostTypesProperty(include_credit=False, include_refund=False),
        ),
        notifications_with_subscribers=notifications,
    )


def limit_usd(recipe: Recipe) -> Decimal:
    """The monthly cap of the recipe's runs, plus a month of its live endpoint if that is billed by the hour."""
    if recipe.hosting is not HostingMode.PROVISIONED:
        return recipe.monthly_cap_usd
    return recipe.monthly_cap_usd + HOURS * recipe.model_units * (recipe.unit_price_usd_per_hour or Decimal(0))
