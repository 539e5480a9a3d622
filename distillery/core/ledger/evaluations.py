"""Evaluations that a person asks for: the run is active again, and a new execution works on it.

    pk                 sk                     what
    recipe#<recipe>    <execution>            an evaluation: of which run, who asked, why, and how the run had ended

The run's own item names the latest. When it ends, `Ledger.close` decides what becomes of the run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from distillery.core import clock
from distillery.core.errors import BadRequest, RunActive, Unfinished
from distillery.core.escaping import one_line
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord, busy_message, lock_item, partition, run_key
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import NEW, READS_MAX, Item, Table
from distillery.core.pipeline import Outcome

PREFIX = "evaluation-"
STAMP = "%Y%m%dT%H%M%SZ"


def execution_name(recipe: str, begun: datetime) -> str:
    """`evaluation-support-20261123T090807Z`: one per second and recipe, because a run's own name is taken for ever."""
    return f"{PREFIX}{recipe}-{begun.astimezone(UTC).strftime(STAMP)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """An evaluation. `by`: the person's ARN; `was`: how the run had ended; `opened`: ISO 8601."""

    execution: str
    run: str
    by: str
    reason: str
    was: Outcome
    opened: str


class Evaluations:
    """The evaluations of all recipes."""

    def __init__(self, table: Table) -> None:
        self._table, self._ledger = table, Ledger(table)

    def begin(
        self,
        run_id: str,
        execution: str,
        *,
        by: str,
        reason: str,
        usd: Decimal = Decimal(0),
        cap_usd: Decimal = Decimal(0),
    ) -> RunRecord:
        """Locks the recipe for the run, makes it active again and reserves the evaluation's worst case. Returns the run
        as it was.

        Args:
            usd: The worst case in US dollars; nothing is reserved for 0.
            cap_usd: What the recipe may spend in a month by the current settings.

        Raises:
            BadRequest: The run is active, waits, or has no student.
            OverBudget: Too little of the month's budget is left.
            RunActive: Something else holds the recipe.
        """
        record = self._ledger.run(run_id)
        check_evaluable(record)
        recipe, (pk, sk) = record.run.recipe.name, run_key(run_id)
        now, reason = clock.stamp(), one_line(reason)
        evaluation: Item = {
            "pk": partition(recipe),
            "sk": execution,
            "evaluated_run": run_id,
            "by": by,
            "reason": reason,
            "was": record.outcome.value,
            "opened": now,
        }
        run = dict(self._table.get(pk, sk) or {}) | {
            "outcome": Outcome.RUNNING.value,
            "reason": "",
            "execution": execution,
            "reopened": now,
            "reopened_by": by,
            "reopened_reason": reason,
            "reopened_from": record.outcome.value,
            "reopened_was": record.reason,
        }
        # in one write: the sweep unlocks a recipe whose holder is a run that has ended
        for _ in range(READS_MAX):
            month = self._ledger.month(recipe, now)
            held = month.with_reservation(execution, usd, cap=cap_usd, what="evaluation") if usd else month
            if self._table.put_all(
                (lock_item(recipe, run_id, opened=now), NEW, {}),
                (evaluation, NEW, {}),
                (run, "outcome = :outcome", {":outcome": record.outcome.value}),
                *((held.write(),) if usd else ()),
            ):
                return record
            check_evaluable(self._ledger.run(run_id))
            holder = self._ledger.active().get(recipe)
            if holder or self._ledger.month(recipe, now).revision == month.revision:
                raise RunActive(busy_message(recipe, holder or "a run that has just ended"))
        raise RunActive(busy_message(recipe, "other runs that are just starting"))

    def release(self, run_id: str) -> None:
        """Releases the reservation of the run's latest evaluation, which has cost nothing. It may be repeated."""
        record = self._ledger.run(run_id)
        if not record.execution or not record.reopened:
            return
        recipe = record.run.recipe.name
        for _ in range(READS_MAX):
            month = self._ledger.month(recipe, record.reopened)
            without = month.without_reservation(record.execution)
            if without is month or self._table.put_all(without.write()):
                return
        raise Unfinished(f"concurrent requests keep changing the month of recipe {recipe!r}; try again")

    def of(self, recipe: str) -> list[EvaluationRecord]:
        """The evaluations of a recipe, the latest first."""
        found = [
            EvaluationRecord(
                execution=item["sk"],
                run=item["evaluated_run"],
                by=item["by"],
                reason=item["reason"],
                was=Outcome(item["was"]),
                opened=item["opened"],
            )
            for item in self._table.query(partition(recipe), PREFIX)
        ]
        return sorted(found, key=lambda record: record.opened, reverse=True)


def check_evaluable(record: RunRecord) -> None:
    """Raises BadRequest unless the run has ended and has a student."""
    run, outcome = record.run.id, record.outcome
    if outcome in OPEN_OUTCOMES:
        raise BadRequest(
            f"run {run!r} is {outcome}; only a run that has ended can be evaluated again: wait for it to end "
            f"(distillery watch {run})"
        )
    if outcome is Outcome.CANARY:
        raise BadRequest(
            f"the student of run {run!r} takes a share of the calls, and its canary decides about the run; evaluate it "
            f"after that, or end the canary now: distillery stop {run} --reason WHY"
        )
    if not record.has_student:
        raise BadRequest(
            f"run {run!r} is {outcome} and has no student; only a run whose job has made a model can be evaluated: run "
            "the recipe again with the prompts"
        )
