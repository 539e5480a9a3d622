"""The budget of a recipe, and what somebody approved above it."""

from decimal import Decimal

from lambdas.shared.errors import OverBudget
from lambdas.shared.estimate.items import Estimate
from lambdas.shared.recipe import Recipe


def check_budget(recipe: Recipe, estimated: Estimate, *, approved_usd: Decimal | None = None) -> None:
    """Raises OverBudget where the estimate is above the budget, and above what was approved for this run."""
    if estimated.total_usd <= max(recipe.budget_usd, approved_usd or Decimal(0)):
        return
    approved = f", and ${approved_usd} were approved" if approved_usd is not None else ""
    raise OverBudget(
        f"the run is estimated at ${estimated.total_usd} (prices as of {estimated.prices_as_of}), the budget of "
        f"recipe {recipe.name!r} is ${recipe.budget_usd}{approved}; give fewer prompts or raise budget_usd"
    )
