"""Looks: how often candidates were judged on the same held-out prompts, and which look of a candidate confirms.

    pk                 sk                     what
    heldout#<digest>   <run id>#<look>        a verdict by these prompts: of which model, and whether it was exploratory

A candidate has one confirmatory look, with the graders and bars that were fixed before its first answer. Any other is
exploratory: it makes no student live, unless a person accepts it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from distillery.core import clock, names
from distillery.core.ledger.items import RunRecord, run_key
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Outcome, Stage, Verdict
from distillery.core.serialization import to_wire

OTHER_BARS = "its graders or bars are not those that were fixed before the first answer"
SECOND_LOOK = "the candidate was judged on these prompts before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A verdict by a set of held-out prompts. `judged`: ISO 8601."""

    run: str
    look: str
    model: str
    exploratory: str
    judged: str


def heldout_digest(prompts: Iterable[str]) -> str:
    """The digest of a set of held-out prompts, by their digests in any order."""
    return names.digest(sorted(prompts))


def why_exploratory(record: RunRecord, judging: str, fixed: str, look: str) -> str:
    """Why a judgement is exploratory; empty for the one that confirms.

    Args:
        record: The run as the ledger has it.
        judging: The digest of the graders and bars of this judgement.
        fixed: That of the plan; empty for plans of older versions.
        look: This judgement.
    """
    if judging not in (fixed, record.run.judging_digest):
        return OTHER_BARS
    first = confirmed(record)
    return SECOND_LOOK if first and (first.get("look") or record.run.id) != look else ""


def confirmed(record: RunRecord) -> dict[str, Any]:
    """The run's confirmatory verdict; empty before there is one."""
    stage = record.stages.get(Stage.EVALUATION)
    product = dict(stage.product) if stage else {}
    return {} if product.get("exploratory") else product


class LookLedger:
    """The looks at every set of held-out prompts. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, heldout: str, run: str, model: str, look: str, *, exploratory: str) -> list[Look]:
        """Counts a look. Returns all looks at these prompts, this one included."""
        item = {"pk": _key(heldout), "sk": f"{run}#{look}", "run": run, "look": look, "model": model}
        self._table.put_new(item | {"exploratory": exploratory, "judged": clock.stamp()})
        return self.at(heldout)

    def at(self, heldout: str) -> list[Look]:
        """All looks at these prompts."""
        return [
            Look(
                run=item["run"],
                look=item["look"],
                model=item["model"],
                exploratory=item["exploratory"],
                judged=item["judged"],
            )
            for item in self._table.query(_key(heldout))
        ]

    def store(self, record: RunRecord, verdict: Verdict) -> None:
        """Stores the verdict of an active run. An exploratory one never replaces the confirmatory one."""
        product, kept = json.dumps(to_wire(verdict)), f"{Stage.EVALUATION}_product"
        values = {"exploratory_product": product} if verdict.exploratory else {}
        if not verdict.exploratory or not confirmed(record):
            values |= {kept: product, f"{Stage.EVALUATION}_ended": clock.stamp()}
        running = {"outcome": Outcome.RUNNING.value}
        self._table.set(*run_key(record.run.id), values, only_if="#outcome = :outcome", given=running)


def _key(heldout: str) -> str:
    return f"heldout#{heldout}"
