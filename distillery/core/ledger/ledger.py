"""The history of runs, and the lock that permits one active run per recipe.

    pk                 sk                     what
    recipe#<recipe>    run#<run id>           the history of a run: stages with start, end and product, and its outcome
    recipe#<recipe>    attempt#<digests>      the latest attempt with these prompts and this recipe
    recipe#<recipe>    month#<2026-11>        what the runs of the month have reserved, see `month`
    active             <recipe>               the lock: the recipe's active run, a roll-back or an acceptance
    recipe#<recipe>    <holder>               a roll-back or an acceptance: who requested it, from and to which model,
                                              and its outcome
    uploads#<run id>   <digest>               an object that the run was made from
    object#<uri>       <version>              who uploaded it, as S3 reports it
    waiting            <job name>             the task token of a run that waits for a customization job
    lease              <run id>               who keeps a candidate endpoint, see `leases`
    lease              resource#<name>        who keeps an endpoint of that name
    recipe#<recipe>    <hours-…>              a change by business hours that has ended, see `hours_changes`
    hours              <recipe>               such a change in progress
    hours-failure      <recipe>               when the latest one that failed began
    hours-notice       <recipe>               when people were notified that one failed
    recipe#<recipe>    <canary-…>             a canary: its run, its endpoint, what was measured, and how it ended
    canary             <recipe>               the canary in progress, see `canaries`
    alias-write        <recipe>               who writes the recipe's alias at this moment, see `alias_writes`
    idle               <endpoint>             when an endpoint was looked at, and when people were warned of it
    stalled            <job name>             when people were notified of a job that stays in a phase
    heldout#<digest>   <run id>#<look>        a verdict by a set of held-out prompts, see `looks`
    borrowed           <model ARN>            a model of another environment that this one uses, see `borrowed_models`
    recipe#<recipe>    <promotion-…>          a promotion from another environment, see `promotions`
    record#<digest>    promotion              the promotion that has consumed a record; source-run#… by its run
    promotion          <recipe>               the latest promotion of a recipe

Every write is conditional, so an event that is delivered twice, or a retry after partial success, changes nothing.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from distillery.core import clock, names
from distillery.core.errors import RunActive, Unfinished
from distillery.core.escaping import one_line
from distillery.core.ledger.borrowed_models import BorrowedModels
from distillery.core.ledger.items import (
    ACTIVE,
    ANSWERS_OF,
    ANSWERS_PLANNED,
    AWAITING,
    BROKEN_OUTCOMES,
    OPEN_OUTCOMES,
    RunRecord,
    attempts_key,
    busy_message,
    lock_item,
    partition,
    read_run,
    run_id_of,
    run_item,
    run_key,
    run_record,
)
from distillery.core.ledger.jobs import JobLedger
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.month import Month
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.stops import Stops
from distillery.core.ledger.table import NEW, READS_MAX, Item
from distillery.core.pipeline import Dataset, Outcome, Run, Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire


class Ledger(JobLedger):
    """Reads and writes the items of runs."""

    @property
    def leases(self) -> Leases:
        return Leases(self._table)

    @property
    def borrowed(self) -> BorrowedModels:
        return BorrowedModels(self._table)

    @property
    def stops(self) -> Stops:
        return Stops(self._table)

    def open(
        self, recipe: Recipe, dataset: Dataset, *, again: bool, awaiting: bool = False, promotion: str = ""
    ) -> RunRecord:
        """The run of these prompts: the latest attempt's, or a new one.

        A new attempt is made where the latest ended without a student, or where `again` is set. A `promotion` gets one
        run of its own, whatever other runs its recipe or its prompts have, and another only where its record was
        admitted again after that ended without a student. With `awaiting`, the
        run waits for an approval: it locks and reserves nothing. A waiting run is opened again if its estimate or
        recipe has changed, and starts if it no longer has to wait.

        Raises:
            BadRequest: There is no such promotion, it was abandoned, or a later one of the recipe has begun.
            RunActive: The recipe has another active run.
            OverBudget: The worst case is above what is left of the recipe's month.
        """
        for _ in range(READS_MAX):
            last = self._last_attempt(recipe, dataset)
            own = Promotions(self._table).own_run(promotion) if promotion else None
            if own and (own.outcome is not Outcome.AWAITING or last is None or last.run.id != own.run.id):
                return own
            ours = last is not None and promotion in ("", last.promotion)
            if last and ours and (last.outcome is Outcome.RUNNING or (last.has_student and not again)):
                return last
            waits = last is not None and ours and last.outcome is Outcome.AWAITING
            attempt = (last.run.attempt + (not waits)) if last else 1
            run = Run(id=run_id_of(recipe, dataset, attempt), recipe=recipe, dataset=dataset, attempt=attempt)
            if waits and awaiting and last is not None and last.run == run:
                return last
            if not awaiting:
                self.check_free(recipe.name, run.id)
            if self._claim(run, last, awaiting=awaiting, promotion=promotion):
                return self.run(run.id)
        raise RunActive(busy_message(recipe.name, "other runs that are just starting"))

    def check_free(self, recipe: str, run: str) -> None:
        """Raises RunActive where the recipe has another active run."""
        holder = self.active().get(recipe, run)
        if holder != run:
            raise RunActive(busy_message(recipe, holder))

    def _last_attempt(self, recipe: Recipe, dataset: Dataset) -> RunRecord | None:
        item = self._table.get(*attempts_key(recipe, dataset))
        return self.run(run_id_of(recipe, dataset, int(item["attempt"]))) if item else None

    def _claim(self, run: Run, last: RunRecord | None, *, awaiting: bool, promotion: str) -> bool:
        """Writes lock, run, attempt number and reservation in one transaction, all or none.

        False where any of them has changed since it was read.
        """
        opened, (pk, sk) = clock.stamp(), attempts_key(run.recipe, run.dataset)
        waits = last is not None and last.run.id == run.id
        promotion = last.promotion if last and waits else promotion
        unchanged = (NEW, {}) if last is None else ("attempt = :last", {":last": str(last.run.attempt)})
        record = run_item(run, Outcome.AWAITING if awaiting else Outcome.RUNNING, opened=opened)
        record |= {"promotion": promotion} if promotion else {}
        same = AWAITING if waits else (NEW, {})
        counter = {"pk": pk, "sk": sk, "attempt": str(run.attempt)}
        puts: list[tuple[Item, str, Mapping[str, str]]] = [(record, *same), (counter, *unchanged)]
        if promotion:
            promotions = Promotions(self._table)
            puts += [promotions.link(promotion, run.id), promotions.still_latest(promotion)]
        if not awaiting:
            puts.append((lock_item(run.recipe.name, run.id, opened=opened), NEW, {}))
            month, usd = self.month(run.recipe.name, opened), run.dataset.at_most_usd
            puts.append(month.with_reservation(run.id, usd, cap=run.recipe.monthly_cap_usd).write())
        return self._table.put_all(*puts)

    def month(self, recipe: str, stamp: str) -> Month:
        """The reservations of the month of that time."""
        return Month.of(self._table, recipe, stamp)

    def reserve(self, run: Run, usd: Decimal) -> None:
        """Raises the reservation of an active run whose worst case has grown, in the month in which it began. Raises
        OverBudget."""
        cap = run.recipe.monthly_cap_usd
        self._rewrite_month(self.run(run.id), lambda month: month.with_reservation(run.id, usd, cap=cap))

    def _rewrite_month(self, record: RunRecord, change: Callable[[Month], Month]) -> None:
        """Rewrites the month in which the run began. A change that returns the month itself writes nothing."""
        recipe = record.run.recipe.name
        for _ in range(READS_MAX):
            month = self.month(recipe, record.started_at)
            changed = change(month)
            if changed is month or self._table.put_all(changed.write()):
                return
        raise Unfinished(f"concurrent requests keep changing the month of recipe {recipe!r}; try again")

    def run(self, run_id: str) -> RunRecord:
        """The record of a run. Raises BadRequest where the ledger does not have it."""
        return run_record(read_run(self._table, run_id))

    def runs(self, recipe: str) -> list[RunRecord]:
        """All runs of a recipe, the newest first."""
        found = [run_record(item) for item in self._table.query(partition(recipe), "run#")]
        return sorted(found, key=lambda record: record.opened, reverse=True)

    def begin(self, run_id: str, stage: Stage) -> None:
        """Records that the stage has started. A second call changes nothing."""
        self._set_once(run_id, f"{stage}_started", clock.stamp())

    def end(self, run_id: str, stage: Stage, product: Any) -> None:
        """Records the stage's product. A second call changes nothing."""
        self._set_once(run_id, f"{stage}_product", json.dumps(to_wire(product)))
        self._set_once(run_id, f"{stage}_ended", clock.stamp())

    def plan_answers(self, run_id: str, answers: int, judging: str = "") -> None:
        """Records how many answers the evaluation asks for, and the digest of graders and bars, which are fixed before
        the first. A second call changes nothing."""
        for attribute, value in ((ANSWERS_PLANNED, str(answers)), ("judging_digest", judging)):
            self._set_once(run_id, attribute, value)

    def count_answers(self, run_id: str, chunk: int, answers: int) -> None:
        """Records how many answers a chunk has. Chunks that are asked at the same time have attributes of their own."""
        running = {"outcome": Outcome.RUNNING.value}
        self._table.set(
            *run_key(run_id), {f"{ANSWERS_OF}{chunk:04}": str(answers)}, only_if="#outcome = :outcome", given=running
        )

    def keep_chunk_failure(self, run_id: str, execution: str, reason: str) -> None:
        """Records why a chunk of an active run failed, in that execution."""
        failure = json.dumps({"execution": execution, "reason": one_line(reason)})
        running = {"outcome": Outcome.RUNNING.value}
        self._table.set(*run_key(run_id), {"chunk_failure": failure}, only_if="#outcome = :outcome", given=running)

    def _set_once(self, run_id: str, attribute: str, value: str) -> None:
        self._table.set(*run_key(run_id), {attribute: value}, only_if=f"attribute_not_exists(#{attribute})", given={})

    def close(
        self,
        run_id: str,
        outcome: Outcome,
        reason: str = "",
        *,
        was: Outcome = Outcome.RUNNING,
        by: str | None = None,
        execution: str | None = None,
    ) -> bool:
        """Records how a run ended. Releases the reservation if no job was started, and then the recipe lock.

        A run that a person stopped ends as stopped, whoever closes it, unless it ended by its verdict before that.

        Args:
            run_id: The run to close.
            outcome: The final outcome.
            reason: Why it ended, for people.
            was: The outcome that the run must have now.
            by: ARN of the person who ended it, if a person did.
            execution: The execution that ended, where a later one must not be closed.

        Returns:
            False if the run was closed before, or if it is open with another outcome than `was`.
        """
        if was is Outcome.RUNNING:
            record = self.run(run_id)
            if record.is_stopping and record.stop is not None and outcome in BROKEN_OUTCOMES:
                outcome, reason, by = Outcome.STOPPED, record.stop.reason, record.stop.by
            outcome, reason = record.ending(outcome, reason)
        closing = {"outcome": outcome.value, "reason": one_line(reason), "closed": clock.stamp()}
        closing |= {"closed_by": by} if by else {}
        only_if, given = "#outcome = :outcome", {"outcome": was.value}
        if execution == run_id:
            only_if += " AND attribute_not_exists(execution)"
        elif execution:
            only_if, given = f"{only_if} AND #execution = :execution", {**given, "execution": execution}
        first = self._table.set(*run_key(run_id), closing, only_if=only_if, given=given)
        record = self.run(run_id)
        if record.outcome in OPEN_OUTCOMES:
            return False
        if record.incurred_no_cost and not record.has_student:
            self._rewrite_month(
                record, lambda month: month.without_reservation(run_id)
            )  # a second call changes nothing
        self.leases.end(run_id)
        self.unlock(names.recipe_of(run_id), run_id)
        return first

    def lock(self, recipe: str, holder: str) -> None:
        """Locks a recipe for something that is not a run, such as a roll-back. Raises RunActive."""
        if not self._table.put_new(lock_item(recipe, holder, opened=clock.stamp())):
            raise RunActive(busy_message(recipe, self.active().get(recipe, "a run that has just ended")))

    def unlock(self, recipe: str, holder: str) -> None:
        """Releases the recipe lock if `holder` has it."""
        self._table.delete(ACTIVE, recipe, attribute="run", equal=holder)

    def active(self) -> dict[str, str]:
        """The holders of the recipe locks: recipe → run id or roll-back."""
        return {item["sk"]: item["run"] for item in self._table.query(ACTIVE)}
