"""Where things are in the table, and what its items look like."""

import json

from distillery.core import names
from distillery.core.ledger.table import Item
from distillery.core.pipeline import Dataset, Outcome, Run
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire

AWAITING = ("outcome = :awaiting", {":awaiting": Outcome.AWAITING.value})
"""The condition, and its value, that a run still waits for an approval."""


def id_of(recipe: Recipe, dataset: Dataset, attempt: int) -> str:
    return names.run_id(recipe=recipe.name, recipe_digest=recipe.digest, dataset_digest=dataset.digest, attempt=attempt)


def partition(recipe: str) -> str:
    """Of all that is kept of a recipe."""
    return f"recipe#{recipe}"


def run_key(run: str) -> tuple[str, str]:
    return partition(names.recipe_of(run)), f"run#{run}"


def attempts_key(recipe: Recipe, dataset: Dataset) -> tuple[str, str]:
    return partition(recipe.name), f"attempt#{recipe.digest}#{dataset.digest}"


def run_item(run: Run, outcome: Outcome, *, opened: str) -> Item:
    pk, sk = run_key(run.id)
    return {"pk": pk, "sk": sk, "run": json.dumps(to_wire(run)), "outcome": outcome, "opened": opened}


def lock_item(recipe: str, holder: str, *, opened: str) -> Item:
    return {"pk": "active", "sk": recipe, "run": holder, "opened": opened}


def busy(recipe: str, holder: str) -> str:
    """The sentence of RunActive."""
    return (
        f"recipe {recipe!r} has {holder} on the road, and one at a time is allowed; "
        "wait for it to end (`distillery watch`), then try again"
    )
