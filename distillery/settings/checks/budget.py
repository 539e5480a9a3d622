"""Budgets that no run could stay in, and months that could not pay for one."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from distillery.core import catalog
from distillery.core.catalog import HostingMode, Model
from distillery.core.limits import MIN_PROMPTS
from distillery.core.recipe import Recipe
from distillery.settings.checks.model_usage import known_recipes
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding


def check_budgets(settings: Settings, on: date) -> Iterator[Finding]:
    """The smallest run there is must fit; what a real one costs is estimated when its prompts are known."""
    for name, recipe, teacher, _ in known_recipes(settings):
        least = least_cost(recipe, teacher, settings.home_region, on)
        if 0 < recipe.budget_usd < least:
            yield Finding(
                where=f"recipes.{name}.budget_usd",
                wrong=f"{recipe.budget_usd} does not pay for the smallest run, which costs at least {least:.2f}",
                allowed=f"{least:.2f} US dollars or more",
                fix="raise it, lower max_answer_tokens or model_units, or choose a cheaper teacher",
            )


def check_monthly_budgets(settings: Settings, _on: date) -> Iterator[Finding]:
    """A month must pay for the run that the budget allows."""
    for name, recipe in settings.recipes.items():
        if recipe.monthly_budget_usd is not None and recipe.monthly_budget_usd < recipe.budget_usd:
            yield Finding(
                where=f"recipes.{name}.monthly_budget_usd",
                wrong=f"it is {recipe.monthly_budget_usd}, and one run may cost {recipe.budget_usd}",
                allowed=f"{recipe.budget_usd} US dollars or more, as budget_usd says",
                fix="raise it, lower budget_usd, or leave it out: it is five times budget_usd then",
            )


def least_cost(recipe: Recipe, teacher: Model, region: str, on: date) -> Decimal:
    """US dollars below which no run ends: the teacher's answers to the fewest prompts that a job takes, and one hour of
    the candidate where hosting is billed by the hour. Training and the prompts themselves come on top."""
    profile = catalog.profile_for(teacher.id, region)
    price = catalog.price(teacher.id, profile=profile.id if profile else None, on=on)
    tokens = MIN_PROMPTS * recipe.max_answer_tokens
    answers = price.cost(input_tokens=0, output_tokens=tokens) if price else Decimal(0)
    hourly = recipe.unit_price_usd_per_hour if recipe.hosting is HostingMode.PROVISIONED else None
    return answers + (hourly or 0) * recipe.model_units
