"""Compares the worst case of a run with what the recipe may spend."""

from decimal import Decimal

from distillery.core.errors import OverBudget
from distillery.core.estimate import Estimate
from distillery.core.recipe import Recipe


def check_budget(recipe: Recipe, estimated: Estimate, *, approved_usd: Decimal | None = None) -> None:
    """Raises OverBudget where the worst case is above both the budget and the sum that was approved for the run.

    The worst case decides, because the number of pairs that Bedrock synthesizes is known only when they are paid for.
    """
    if estimated.at_most_usd <= max(recipe.budget_usd, approved_usd or Decimal(0)):
        return
    approved = f", and ${approved_usd} were approved" if approved_usd is not None else ""
    raise OverBudget(
        f"the run is estimated at ${estimated.total_usd} and may cost up to ${estimated.at_most_usd}, if Bedrock "
        f"synthesizes as many pairs as it may (prices as of {estimated.prices_as_of}); the budget of recipe "
        f"{recipe.name!r} is ${recipe.budget_usd}{approved}; give shorter prompts, lower max_answer_tokens, or raise "
        "budget_usd"
    )


def check_monthly_cap(recipe: Recipe, estimated: Estimate) -> None:
    """Raises OverBudget where the run alone may cost more than the recipe may spend in a month."""
    if estimated.at_most_usd > recipe.monthly_cap_usd:
        raise OverBudget(
            f"the run may cost up to ${estimated.at_most_usd}, more than the ${recipe.monthly_cap_usd} that recipe "
            f"{recipe.name!r} may spend in a month, so an approval could not start it; give shorter prompts, lower "
            "max_answer_tokens, or raise monthly_budget_usd"
        )
