"""Which runs were given a data set, which models they made, and which of these are in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared.ledger import RunRecord
from lambdas.shared.lineage import digests_of, model_of
from lambdas.shared.road import Outcome


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
    for record in records:
        if record.outcome is Outcome.RUNNING and record.run.dataset.digest == digest:
            return f"run {record.run.id} is on the road"
    for which in ("current", "previous"):
        model = alias.get(which) if alias else None
        if model and digest in (learned := digests_of(str(model), records)) | ({digest} if not learned else set()):
            return f"the alias's {which} model learned it" if learned else f"no run is known of the {which} model"
    return ""


def _serves(model: str | None, alias: Mapping[str, Any] | None) -> str:
    if model is None or alias is None:
        return ""
    return next((which for which in ("current", "previous") if alias.get(which) == model), "")
