"""What becomes of a run that would cost more than its recipe allows."""

from distillery.core.errors import OverBudget
from distillery.core.estimate import Estimate, check_budget, check_cap
from distillery.core.recipe import OverBudgetThen, Recipe


def above_budget(recipe: Recipe, estimated: Estimate) -> str:
    """How far the estimate is above the budget, in a sentence; empty where it is not. Raises OverBudget where the
    recipe has no such run wait for an approval, or where none could be given: not even a whole month pays for it."""
    try:
        check_budget(recipe, estimated)
    except OverBudget as over:
        if recipe.over_budget is OverBudgetThen.REFUSE:
            raise
        check_cap(recipe, estimated)
        return str(over)
    return ""
