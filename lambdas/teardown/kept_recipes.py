"""Whether an update of the settings takes away what still serves, or what a run still asks.

The properties are those of the custom resource in the pipeline's stack (`infra/constructs/teardown.py`):
{"Recipes": ["faq", "support"], "Models": {"support": ["amazon.nova-premier-v1:0"]}}
`Models` are contenders and judges by recipe. The CDK omits an empty list, and older templates have no `Models`.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.errors import StillBilling
from lambdas.teardown.remaining import Environment

Properties = Mapping[str, Any]


def check_update(environment: Environment, old: Properties, new: Properties) -> None:
    """Raises StillBilling if the update must not be."""
    if dropped := {*old.get("Recipes", ())} - {*new.get("Recipes", ())}:
        _check_dropped(environment, dropped)
    if taken := _taken_models(old.get("Models", {}), new.get("Models", {})):
        _check_runs(environment, taken)


def _check_dropped(environment: Environment, dropped: set[str]) -> None:
    remaining = environment.remaining().of(dropped)
    if not remaining.is_empty:
        names = ", ".join(sorted({each.recipe for each in remaining.inventory.endpoints} | {*remaining.aliases}))
        raise StillBilling(
            f"the settings no longer have what still serves: {names}. Run the command after each, then deploy again; "
            f"or put the recipes back into the settings. {environment.describe(remaining)}"
        )


def _taken_models(old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """By recipe, the models that it named and that no recipe names any more: roles are granted the models of all."""
    named = {model for models in new.values() for model in models}
    return {recipe: taken for recipe, models in old.items() if (taken := sorted({*models} - named))}


def _check_runs(environment: Environment, taken: Mapping[str, list[str]]) -> None:
    active = environment.ledger.active()
    asked = [f"{active[recipe]} ({', '.join(models)})" for recipe, models in sorted(taken.items()) if recipe in active]
    if asked:
        raise StillBilling(
            f"a run keeps the recipe that it began with, and no recipe names these of its models any more: "
            f"{'; '.join(asked)}. Wait until it has ended (distillery watch), or stop it, then deploy again; or put "
            "the models back into the settings"
        )
