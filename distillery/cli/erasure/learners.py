"""Finds the runs that were given a data set, the models that they trained, and which of these models are in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.ledger.dataset_uses import datasets_in_use
from distillery.core.ledger.items import RunRecord, model_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A run, and the model that it trained. The names of the fields are keys of the JSON output.

    Attributes:
        serves: `current`, `previous`, or empty for a model that the alias does not name.
        sure: False for a run whose job read logged calls itself.
    """

    recipe: str
    run: str
    outcome: str
    model: str | None
    serves: str
    sure: bool


def learners(
    recipe: str, records: list[RunRecord], alias: Mapping[str, Any] | None, digests: set[str], *, logged: bool
) -> list[Learner]:
    """Returns the runs of a recipe that were given one of the data sets.

    Args:
        recipe: Name of the recipe.
        records: Its runs.
        alias: What its alias says; None if nothing was promoted.
        digests: Digests of the data sets.
        logged: Whether a logged call contains the text. A job that reads logs may then have learned from it.
    """
    found = []
    for record in records:
        given = record.run.dataset.digest in digests
        if given or (logged and record.run.dataset.logs is not None):
            model = model_of(record)
            found.append(
                Learner(
                    recipe=recipe,
                    run=record.run.id,
                    outcome=str(record.outcome),
                    model=model,
                    serves=_serves(model, alias),
                    sure=given,
                )
            )
    return found


def in_use(records: list[RunRecord], alias: Mapping[str, Any] | None, digest: str) -> str:
    """Returns why a data set is needed, by the rules of `lambdas.expiry`; empty if it is not needed."""
    named = alias or {}
    for need in datasets_in_use(records, current=named.get("current"), previous=named.get("previous")):
        if not need.digests:
            return f"no run is known of the {need.which} model"
        if digest in need.digests:
            return f"run {need.run} is active" if need.run else f"the alias's {need.which} model learned it"
    return ""


def named_system_prompt(alias: Mapping[str, Any] | None, sha256: str) -> str:
    """Returns why a system prompt is needed; empty if the alias does not name it."""
    for which, key in (("current", "system"), ("previous", "previous_system")):
        if ((alias or {}).get(key) or {}).get("sha256") == sha256:
            return f"callers of the alias's {which} model send it"
    return ""


def _serves(model: str | None, alias: Mapping[str, Any] | None) -> str:
    if model is None or alias is None:
        return ""
    return next((which for which in ("current", "previous") if alias.get(which) == model), "")
