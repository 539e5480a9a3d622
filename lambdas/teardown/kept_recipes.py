"""Whether an update of the settings takes away what still serves, or what a run still asks.

The properties are those of the custom resource in the pipeline's stack (`infra/constructs/teardown.py`):
{"Recipes": ["faq", "support"], "Models": {"support": ["amazon.nova-premier-v1:0"]}, "Tags": {"support": ["team"]}}
`Models` are contenders and judges by recipe, `Tags` the keys of a recipe's own tags: the policies allow those of all
recipes together. `Canaries`, where there are any, lists the recipes whose students have one. The CDK omits an empty
list, and older templates have only `Recipes`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from distillery.core.errors import StillBilling
from distillery.core.ledger.canaries import CanaryRecord
from lambdas.teardown.remaining import Environment

Properties = Mapping[str, Any]


def check_update(environment: Environment, old: Properties, new: Properties) -> None:
    """Raises StillBilling if the update must not be."""
    if dropped := {*old.get("Recipes", ())} - {*new.get("Recipes", ())}:
        _check_dropped(environment, dropped)
    for what in ("Models", "Tags"):
        if taken := _taken(old.get(what, {}), new.get(what, {})):
            _check_runs(environment, what.lower(), taken)
    if without := {*old.get("Canaries", ())} - {*new.get("Canaries", ())}:
        _check_canaries(environment.canaries.open_of(recipe) for recipe in sorted(without))


def _check_dropped(environment: Environment, dropped: set[str]) -> None:
    remaining = environment.remaining().of(dropped)
    if not remaining.is_empty:
        names = ", ".join(sorted({each.recipe for each in remaining.inventory.endpoints} | {*remaining.aliases}))
        raise StillBilling(
            f"the settings no longer have what still serves: {names}. Run the command after each, then deploy again; "
            f"or put the recipes back into the settings. {environment.describe(remaining)}"
        )


def _taken(old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """By recipe, what it named and no recipe names any more."""
    named = {each for of_recipe in new.values() for each in of_recipe}
    return {recipe: taken for recipe, of_recipe in old.items() if (taken := sorted({*of_recipe} - named))}


def _check_runs(environment: Environment, what: str, taken: Mapping[str, list[str]]) -> None:
    active = environment.ledger.active()
    used = [f"{active[recipe]} ({', '.join(each)})" for recipe, each in sorted(taken.items()) if recipe in active]
    if used:
        raise StillBilling(
            f"a run keeps the recipe that it began with, and no recipe names these of its {what} any more: "
            f"{'; '.join(used)}. Wait until it has ended (distillery watch), or stop it, then deploy again; or put "
            f"the {what} back into the settings"
        )


def _check_canaries(found: Iterable[CanaryRecord | None]) -> None:
    """What looks at a canary, and ends it, is deployed only for recipes with canaries."""
    if running := [canary for canary in found if canary]:
        named = "; ".join(f"{each.holder}: distillery stop {each.run} --reason WHY" for each in running)
        raise StillBilling(
            f"a canary is in progress whose recipe has none in the settings any more, and nothing would end it: "
            f"{named}. Wait until it has ended (distillery status), or stop it by the command after it, then deploy "
            "again; or put the table canary back into the settings"
        )
