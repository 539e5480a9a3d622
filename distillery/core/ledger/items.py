"""Keys and items of the ledger's table, and the records that they hold."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distillery.core import names
from distillery.core.ledger.table import Item
from distillery.core.pipeline import Dataset, Outcome, Run, Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire

AWAITING = ("outcome = :awaiting", {":awaiting": Outcome.AWAITING.value})
"""The condition, and its value, that a run still waits for an approval."""


def run_id_of(recipe: Recipe, dataset: Dataset, attempt: int) -> str:
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


def busy_message(recipe: str, holder: str) -> str:
    """The sentence of RunActive."""
    return (
        f"recipe {recipe!r} has {holder} on the road, and one at a time is allowed; "
        "wait for it to end (`distillery watch`), then try again"
    )


OPEN_OUTCOMES = (Outcome.AWAITING, Outcome.RUNNING)
"""What has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """started, ended: ISO 8601; product: what the stage gave to the next."""

    started: str
    ended: str | None = None
    product: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run's lineage. opened, approved, closed: ISO 8601; approved_by, closed_by: ARNs of who decided it; asked,
    refused: how often a job was asked for, and how often the service said no."""

    run: Run
    outcome: Outcome
    opened: str
    closed: str | None
    reason: str
    stages: Mapping[Stage, StageRecord]
    approved: str | None = None
    approved_by: str | None = None
    closed_by: str | None = None
    asked: int = 0
    refused: int = 0

    @property
    def cost_nothing(self) -> bool:
        """No job can have come of it: none was asked for, or none was not refused."""
        return self.asked == self.refused

    @property
    def begun(self) -> str:
        """When it took its recipe: a run that waits for an approval holds nothing up."""
        return self.approved or self.opened

    @property
    def has_student(self) -> bool:
        record = self.stages.get(Stage.DISTILLATION)
        return record is not None and record.ended is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """A run that waits for a customization job: the task token to answer when the job ends."""

    job: str
    token: str
    run: str


def run_record(item: Mapping[str, str]) -> RunRecord:
    """The record that a run's item spells."""
    return RunRecord(
        run=from_wire(Run, json.loads(item["run"])),
        outcome=Outcome(item["outcome"]),
        opened=item["opened"],
        closed=item.get("closed"),
        reason=item.get("reason", ""),
        stages={stage: _stage(item, stage) for stage in Stage if f"{stage}_started" in item},
        approved=item.get("approved"),
        approved_by=item.get("approved_by"),
        closed_by=item.get("closed_by"),
        asked=int(item.get("asked", "0")),
        refused=int(item.get("refused", "0")),
    )


def _stage(item: Mapping[str, str], stage: Stage) -> StageRecord:
    return StageRecord(
        started=item[f"{stage}_started"],
        ended=item.get(f"{stage}_ended"),
        product=json.loads(item.get(f"{stage}_product", "{}")),
    )


def model_of(record: RunRecord) -> str | None:
    """The ARN of the model that the run made; None before its job has ended."""
    stage = record.stages.get(Stage.DISTILLATION)
    return stage.product.get("model_arn") if stage else None


def dataset_digests(model: str, records: Iterable[RunRecord]) -> set[str]:
    """The data sets of the runs that made a model: of one, where the ledger is whole."""
    return {record.run.dataset.digest for record in records if model_of(record) == model}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUse:
    """digests: of the data sets that are needed, none where no run in the ledger made the model: then nobody knows.
    run, model: which of the two needs them; which: `current` or `previous`, of a model."""

    digests: set[str]
    run: str = ""
    model: str = ""
    which: str = ""


def datasets_in_use(records: Sequence[RunRecord], *, current: str | None, previous: str | None) -> list[DatasetUse]:
    """What a recipe's active runs and the models of its alias need, the runs first."""
    running = (record.run for record in records if record.outcome is Outcome.RUNNING)
    models = (("current", current), ("previous", previous))
    return [
        *(DatasetUse(digests={run.dataset.digest}, run=run.id) for run in running),
        *(
            DatasetUse(digests=dataset_digests(model, records), model=model, which=which)
            for which, model in models
            if model
        ),
    ]
