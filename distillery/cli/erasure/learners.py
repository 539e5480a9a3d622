"""Which runs were given a data set, which models they made, and which of these are in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.ledger.records import RunRecord
from distillery.core.lineage import model_of, needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """sure: False of a run whose job read logged calls itself. serves: `current`, `previous`, or empty."""

    recipe: str
    run: str
    outcome: str
    model: str | None
    serves: str
    sure: bool


def learners(
    recipe: str, records: list[RunRecord], alias: Mapping[str, Any] | None, digests: set[str], *, logged: bool
) -> list[Learner]:
    """Of a recipe's runs those that were given one of the data sets; logged: whether a logged call holds it, which jobs
    that read the logs may have learnt."""
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
    """Why a data set is needed; empty where it is not, as `lambdas.expiry` judges it."""
    named = alias or {}
    for need in needs(records, current=named.get("current"), previous=named.get("previous")):
        if not need.digests:
            return f"no run is known of the {need.which} model"
        if digest in need.digests:
            return f"run {need.run} is on the road" if need.run else f"the alias's {need.which} model learned it"
    return ""


def _serves(model: str | None, alias: Mapping[str, Any] | None) -> str:
    if model is None or alias is None:
        return ""
    return next((which for which in ("current", "previous") if alias.get(which) == model), "")
