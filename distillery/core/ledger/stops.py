"""Requests to stop runs, and the claim of a promotion: of the two, the first excludes the other.

Both are attributes of the run's item, and each is written only while the other is as it was read. So no person stops
what writes the alias, and no step makes a student live whose run a person has stopped.
"""

import json
from collections.abc import Mapping
from decimal import Decimal

from distillery.core import clock
from distillery.core.errors import NothingToStop, RunStopped, Unfinished
from distillery.core.escaping import one_line
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord, read_run, run_record
from distillery.core.ledger.stop_record import StopRecord
from distillery.core.ledger.table import READS_MAX, Item, Table
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire

STOP, PROMOTION = "stop_request", "promotion_execution"


class Stops:
    """The requests of all runs. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def request(
        self, run_id: str, *, by: str, reason: str, spent_usd: Decimal | None = None, spent: tuple[str, ...] = ()
    ) -> tuple[RunRecord, bool]:
        """Records that the run is to be stopped. Of several requests the first counts.

        Returns:
            The run with the request that counts, and whether it is this one.

        Raises:
            NothingToStop: The run has ended, waits for a decision, or is going live.
        """
        for _ in range(READS_MAX):
            item, record = self._read(run_id)
            if record.was_stopped:
                return record, False
            check_stoppable(record)
            stop = StopRecord(
                execution=record.latest_execution,
                at=clock.stamp(),
                by=by,
                reason=one_line(reason),
                spent_usd=spent_usd,
                spent=spent,
            )
            if self._write(item, {STOP: json.dumps(to_wire(stop))}, while_same=PROMOTION):
                return self._read(run_id)[1], True
        raise Unfinished(f"concurrent requests keep changing run {run_id!r}; try again")

    def claim_promotion(self, run_id: str) -> None:
        """Records that the latest execution makes the student live. A second call changes nothing.

        Raises:
            RunStopped: A person stopped the run before.
        """
        for _ in range(READS_MAX):
            item, record = self._read(run_id)
            check_wanted(record)
            if record.outcome is not Outcome.RUNNING or record.promotion_execution == record.latest_execution:
                return
            if self._write(item, {PROMOTION: record.latest_execution}, while_same=STOP):
                return
        raise Unfinished(f"concurrent requests keep changing run {run_id!r}; try again")

    def _read(self, run_id: str) -> tuple[Item, RunRecord]:
        item = read_run(self._table, run_id)
        return item, run_record(item)

    def _write(self, item: Item, values: Mapping[str, str], *, while_same: str) -> bool:
        """Sets attributes of an active run, if neither its execution nor the other attribute changed since it was
        read."""
        unchanged = {name: item[name] for name in ("execution", while_same) if name in item}
        absent = [name for name in ("execution", while_same) if name not in item]
        tests = [
            "#outcome = :outcome",
            *(f"#{name} = :{name}" for name in unchanged),
            *(f"attribute_not_exists({name})" for name in absent),
        ]
        given = {"outcome": Outcome.RUNNING.value, **unchanged}
        return self._table.set(item["pk"], item["sk"], values, only_if=" AND ".join(tests), given=given)


def check_wanted(record: RunRecord) -> None:
    """Raises RunStopped where a person stopped the run."""
    if record.stop is not None and (record.is_stopping or record.outcome is Outcome.STOPPED):
        raise RunStopped(
            f"run {record.run.id!r} was stopped by {record.stop.by} ({record.stop.reason}); nothing more is started "
            f"for it: distillery resume {record.run.id} --reason WHY"
        )


def check_stoppable(record: RunRecord) -> None:
    """Raises NothingToStop unless the run is active and is not going live."""
    run = record.run.id
    if record.is_going_live:
        raise NothingToStop(
            f"the student of run {run!r} is going live, and nothing interrupts what writes the alias; wait for it to "
            f"end (distillery watch {run}), then roll back (distillery rollback {record.run.recipe.name})"
        )
    if record.outcome in WAITING_OUTCOMES:
        raise NothingToStop(
            f"run {run!r} is {record.outcome}, so nothing runs that could be stopped; decline it: "
            f"distillery reject {run}"
        )
    if record.outcome is not Outcome.RUNNING:
        when, why = record.closed or record.opened, f": {record.reason}" if record.reason else ""
        raise NothingToStop(
            f"run {run!r} ended as {record.outcome} at {when}{why}; only a run that is running can be stopped: "
            f"`distillery status {record.run.recipe.name}` lists the runs"
        )
