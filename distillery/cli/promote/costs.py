"""What each way to a target costs, from the prices that a run of the target's recipe is estimated with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal

from distillery.cli.promote_documents import CostOutput
from distillery.core.errors import OverBudget
from distillery.core.estimate import CostItem, DatasetSize, Estimate, estimate, evaluation_items, total_usd
from distillery.core.hosting_cost import CENT, hours_per_month
from distillery.core.promotions import Way
from distillery.core.recipe import Recipe
from distillery.datasets.examine import amount_over_budget
from distillery.datasets.promoted import of_items


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCosts:
    """What a way costs once. `total_usd` is without what no source gives. `over_budget`: what the target would say of a
    run that is above its recipe's budget; empty where it is not."""

    costs: list[CostOutput]
    total_usd: Decimal
    at_most_usd: Decimal
    over_budget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionCosts:
    """The costs of every way, and what continues afterwards."""

    ways: dict[Way, WayCosts]
    hosting: list[CostOutput]
    prices_as_of: date


def promotion_costs(recipe: Recipe, size: DatasetSize, *, region: str, on: date) -> PromotionCosts:
    """The costs at the prices of the day `on`. Raises BadRequest or ModelUnavailable where a price is unknown."""
    found = estimate(recipe, size, region=region, on=on)
    items = evaluation_items(recipe, size, region=region, on=on, judge_only=False)
    golden, evaluated = _golden(recipe), total_usd(items)
    judged = WayCosts(
        costs=[*_outputs(items), *golden],
        total_usd=evaluated,
        at_most_usd=evaluated,
        over_budget=_over_budget(recipe, of_items(found, items)),
    )
    copying = CostOutput(what="the copy job", usd=None, basis="no source gives a price")
    return PromotionCosts(
        ways={
            Way.REPOINT: judged,
            Way.COPY: replace(judged, costs=[copying, *judged.costs]),
            Way.REDISTIL: WayCosts(
                costs=[*_outputs(found.lines), *golden],
                total_usd=found.total_usd,
                at_most_usd=found.at_most_usd,
                over_budget=_over_budget(recipe, found),
            ),
        },
        hosting=_outputs((*found.afterwards, *_month_of_units(recipe, found))),
        prices_as_of=found.prices_as_of,
    )


def _over_budget(recipe: Recipe, found: Estimate) -> str:
    try:
        return amount_over_budget(recipe, found)
    except OverBudget as over:
        return str(over)


def _golden(recipe: Recipe) -> list[CostOutput]:
    """The target's golden set, which only its account knows the size of."""
    if not recipe.golden_set:
        return []
    what = f"answers to the golden set {recipe.golden_set}"
    return [CostOutput(what=what, usd=None, basis="its size is known in the target's account only")]


def _month_of_units(recipe: Recipe, found: Estimate) -> Sequence[CostItem]:
    """A month of the live endpoint where it is billed by the hour and the estimate compares no traffic."""
    if not recipe.is_hourly or recipe.expected_traffic is not None or recipe.unit_price_usd_per_hour is None:
        return ()
    hours = hours_per_month(recipe)
    usd = (recipe.unit_price_usd_per_hour * recipe.model_units * hours).quantize(CENT, rounding=ROUND_UP)
    return (CostItem("live endpoint, a month", usd, f"{hours:.0f} hours; {found.afterwards[0].basis}"),)


def _outputs(items: Sequence[CostItem]) -> list[CostOutput]:
    return [CostOutput(what=one.what, usd=one.usd, basis=one.basis) for one in items]
