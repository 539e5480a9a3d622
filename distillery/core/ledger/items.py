"""Keys and items of the ledger's table, and the records that they hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from distillery.core import names
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.ledger.stop_record import StopRecord
from distillery.core.ledger.table import Item, Table
from distillery.core.pipeline import Dataset, Outcome, Run, Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire

AWAITING = ("outcome = :awaiting", {":awaiting": Outcome.AWAITING.value})
"""Condition and value: the run still waits for an approval."""


ANSWERS_PLANNED, ANSWERS_OF = "answers_planned", "answers_"
"""Attributes of a run: how many answers its evaluation asks for, and, with a chunk's number, how many the chunk has."""


def run_id_of(recipe: Recipe, dataset: Dataset, attempt: int) -> str:
    return names.run_id(recipe=recipe.name, recipe_digest=recipe.digest, dataset_digest=dataset.digest, attempt=attempt)


def partition(recipe: str) -> str:
    """The partition key of everything about a recipe."""
    return f"recipe#{recipe}"


def run_key(run: str) -> tuple[str, str]:
    return partition(names.recipe_of(run)), f"run#{run}"


def attempts_key(recipe: Recipe, dataset: Dataset) -> tuple[str, str]:
    return partition(recipe.name), f"attempt#{recipe.digest}#{dataset.digest}"


def run_item(run: Run, outcome: Outcome, *, opened: str) -> Item:
    pk, sk = run_key(run.id)
    return {"pk": pk, "sk": sk, "run": json.dumps(to_wire(run)), "outcome": outcome, "opened": opened}


ACTIVE = "active"
"""The partition of the recipe locks."""


def lock_item(recipe: str, holder: str, *, opened: str) -> Item:
    return {"pk": ACTIVE, "sk": recipe, "run": holder, "opened": opened}


def busy_message(recipe: str, holder: str) -> str:
    """The message of RunActive."""
    return (
        f"recipe {recipe!r} is locked by {holder}, and one active run is allowed; "
        "wait for it to end (`distillery watch`), then try again"
    )


OPEN_OUTCOMES = (Outcome.AWAITING, Outcome.RUNNING)
"""The outcomes of runs that have not ended."""

BROKEN_OUTCOMES = (Outcome.FAILED, Outcome.STOPPED)
"""The outcomes of runs that ended before their work was done, and may be resumed."""

WAITING_OUTCOMES = (Outcome.AWAITING, Outcome.AWAITING_ACCEPTANCE, Outcome.CANARY)
"""The outcomes of runs that wait for a decision: of a person, or by a canary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """The times of a stage (ISO 8601), and the product that it passed to the next."""

    started: str
    ended: str | None = None
    product: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """The history of a run.

    Attributes:
        opened, approved, closed: Times, ISO 8601.
        approved_by, closed_by: ARNs of the persons who decided.
        acceptance: The holder of the latest acceptance of its student; empty if nobody accepted it.
        accepted, accepted_by, accepted_reason: When, who (ARN) and why, of that acceptance.
        promoting: Whether that acceptance has not ended.
        asked: How many times a job was requested.
        refused: How many of these requests the service refused.
        stalled_job: The name of its first job, if that stalled and was given up for another; else empty.
        stalled_usd: What that job has cost, at most, in US dollars.
        answers: How many answers the evaluation has, of `answers_planned`.
        execution: The execution of the latest evaluation that a person asked for; empty if there was none.
        reopened, reopened_by, reopened_reason: When, who (ARN) and why, of that evaluation.
        reopened_from, reopened_was: How the run had ended before it, and why.
        exploratory: The latest exploratory verdict, if there is one.
        chunk_failure: `reason` why a chunk of prompts failed, in `execution`, if one did.
        stop: The latest request to stop the run; None if there was none.
        promotion_execution: The execution in which its student went live, or is going live.
        promotion: The promotion from another environment that opened it; empty if an upload did.
    """

    run: Run
    outcome: Outcome
    opened: str
    closed: str | None
    reason: str
    stages: Mapping[Stage, StageRecord]
    approved: str | None = None
    approved_by: str | None = None
    closed_by: str | None = None
    acceptance: str = ""
    accepted: str | None = None
    accepted_by: str | None = None
    accepted_reason: str = ""
    promoting: bool = False
    asked: int = 0
    refused: int = 0
    stalled_job: str = ""
    stalled_usd: Decimal = Decimal(0)
    answers: int = 0
    answers_planned: int = 0
    execution: str = ""
    reopened: str | None = None
    reopened_by: str | None = None
    reopened_reason: str = ""
    reopened_from: Outcome | None = None
    reopened_was: str = ""
    exploratory: Mapping[str, Any] = field(default_factory=dict)
    chunk_failure: Mapping[str, str] = field(default_factory=dict)
    stop: StopRecord | None = None
    promotion_execution: str = ""
    promotion: str = ""

    @property
    def is_stopping(self) -> bool:
        """Whether a person stopped the execution that works on the run."""
        return self.outcome is Outcome.RUNNING and self.was_stopped

    @property
    def was_stopped(self) -> bool:
        """Whether a person stopped the latest execution."""
        return self.stop is not None and self.stop.execution == self.latest_execution

    @property
    def is_going_live(self) -> bool:
        """Whether promotion has begun: nothing interrupts what writes the alias."""
        if self.promoting:
            return True
        stage = self.stages.get(Stage.PROMOTION)
        begun_before = stage is not None and not stage.ended and not self.promotion_execution  # by an older version
        return self.outcome is Outcome.RUNNING and (self.promotion_execution == self.latest_execution or begun_before)

    @property
    def incurred_no_cost(self) -> bool:
        """Whether no job can exist: none was requested, or every request was refused."""
        return self.asked == self.refused

    def job_names(self, environment: names.Names) -> tuple[str, ...]:
        """The names of its jobs in their order: a second one only where the first stalled."""
        first = environment.job(self.run.id)
        return (first, environment.job(self.run.id, restarted=True)) if self.stalled_job else (first,)

    @property
    def started_at(self) -> str:
        """When the run locked its recipe. A run that waits for an approval locks nothing."""
        return self.approved or self.opened

    @property
    def is_active(self) -> bool:
        """Whether an execution works on the run."""
        return self.outcome is Outcome.RUNNING or self.promoting

    @property
    def needs_data(self) -> bool:
        """Whether an execution works on the run or on its canary, and needs its data set."""
        return self.is_active or self.outcome is Outcome.CANARY

    @property
    def latest_execution(self) -> str:
        """The name of the execution that works on the run, or was the last to do so."""
        return self.execution or self.run.id

    def ending(self, outcome: Outcome, reason: str) -> tuple[Outcome, str]:
        """How the run ends. One that had ended and was evaluated again stays what it was, unless that gave its
        confirmatory verdict. A failed or stopped run also ends by the verdict that it resumed with, and by a new
        failure or stop; after an exploratory verdict it stays what it was. A promoted run stays promoted."""
        kept = self.reopened_from
        if kept is None or outcome in (Outcome.PROMOTED, Outcome.CANARY):
            return outcome, reason
        if kept in BROKEN_OUTCOMES:
            stays = self.was_explored and outcome not in BROKEN_OUTCOMES
        else:
            stays = not self._is_confirmed_by_its_evaluation or outcome in BROKEN_OUTCOMES or kept is Outcome.PROMOTED
        return (kept, self.reopened_was) if stays else (outcome, reason)

    @property
    def was_explored(self) -> bool:
        """Whether the latest evaluation that a person asked for gave an exploratory verdict."""
        return bool(self.execution) and self.exploratory.get("look") == self.execution

    @property
    def _is_confirmed_by_its_evaluation(self) -> bool:
        stage = self.stages.get(Stage.EVALUATION)
        return bool(stage and stage.product.get("look") == self.execution and not stage.product.get("exploratory"))

    @property
    def has_student(self) -> bool:
        record = self.stages.get(Stage.DISTILLATION)
        return record is not None and record.ended is not None


def run_record(item: Mapping[str, str]) -> RunRecord:
    """The record in a run's item."""
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
        acceptance=item.get("acceptance", ""),
        accepted=item.get("accepted"),
        accepted_by=item.get("accepted_by"),
        accepted_reason=item.get("accepted_reason", ""),
        promoting="acceptance" in item and "acceptance_ended" not in item,
        asked=int(item.get("asked", "0")),
        refused=int(item.get("refused", "0")),
        stalled_job=item.get("stalled_job", ""),
        stalled_usd=Decimal(item.get("stalled_usd", "0")),
        answers=sum(int(value) for name, value in item.items() if name.removeprefix(ANSWERS_OF).isdecimal()),
        answers_planned=int(item.get(ANSWERS_PLANNED, "0")),
        execution=item.get("execution", ""),
        reopened=item.get("reopened"),
        reopened_by=item.get("reopened_by"),
        reopened_reason=item.get("reopened_reason", ""),
        reopened_from=Outcome(item["reopened_from"]) if "reopened_from" in item else None,
        reopened_was=item.get("reopened_was", ""),
        exploratory=json.loads(item.get("exploratory_product", "{}")),
        chunk_failure=json.loads(item.get("chunk_failure", "{}")),
        stop=from_wire(StopRecord, json.loads(item["stop_request"])) if "stop_request" in item else None,
        promotion_execution=item.get("promotion_execution", ""),
        promotion=item.get("promotion", ""),
    )


def _stage(item: Mapping[str, str], stage: Stage) -> StageRecord:
    return StageRecord(
        started=item[f"{stage}_started"],
        ended=item.get(f"{stage}_ended"),
        product=json.loads(item.get(f"{stage}_product", "{}")),
    )


def read_run(table: Table, run_id: str) -> Item:
    """The item of a run. Raises BadRequest where the ledger does not have it."""
    item = table.get(*run_key(run_id))
    if item is None:
        raise BadRequest(f"there is no run {quoted(run_id)} in the ledger; `distillery status` lists the runs")
    return item


def model_of(record: RunRecord) -> str | None:
    """The ARN of the run's model; None before its job has ended."""
    stage = record.stages.get(Stage.DISTILLATION)
    return stage.product.get("model_arn") if stage else None
