"""The budget of a recipe, what somebody approved above it, and what no approval can pass."""

from decimal import Decimal

from distillery.core.errors import OverBudget
from distillery.core.estimate.items import Estimate
from distillery.core.recipe import Recipe


def check_budget(recipe: Recipe, estimated: Estimate, *, approved_usd: Decimal | None = None) -> None:
    """Raises OverBudget where the run may cost more than the budget, and more than what was approved for it.

    The worst case decides: how many pairs Bedrock synthesizes is known only when they are paid for.
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


def check_cap(recipe: Recipe, estimated: Estimate) -> None:
    """Raises OverBudget where the run may cost more than all runs of a month may together."""
    if estimated.at_most_usd > recipe.monthly_cap_usd:
        raise OverBudget(
            f"the run may cost up to ${estimated.at_most_usd}, more than the ${recipe.monthly_cap_usd} that recipe "
            f"{recipe.name!r} may spend in a month, so that no approval could start it; give shorter prompts, lower "
            "max_answer_tokens, or raise monthly_budget_usd"
        )
