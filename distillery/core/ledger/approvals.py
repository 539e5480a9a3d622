"""Runs that wait for somebody to say that they may cost more than their budget.

They hold no recipe, so that others go on meanwhile; whoever approves takes it for them, if it is free.
"""

import json
from dataclasses import replace
from decimal import Decimal

from distillery.core import clock, names
from distillery.core.errors import BadRequest, RunActive
from distillery.core.ledger.items import AWAITING, RunRecord, busy_message, lock_item, run_key
from distillery.core.ledger.ledger import LOOKS, Ledger
from distillery.core.ledger.table import NEW, Table
from distillery.core.pipeline import Outcome, Run
from distillery.core.serialization import to_wire


class Approvals:
    """Decisions on waiting runs, each made once."""

    def __init__(self, table: Table) -> None:
        self._table, self._ledger = table, Ledger(table)

    def approve(self, run_id: str, usd: Decimal, *, by: str, cap_usd: Decimal) -> RunRecord:
        """The run takes its recipe. usd: the worst case that was looked at; by: the ARN of who decides; cap_usd: what
        the recipe may spend in a month by the settings of today. A second call changes nothing.

        Raises BadRequest where the run does not wait or its worst case is another by now, RunActive where the recipe
        has another run on the road, OverBudget where too little of the month is left: it goes on waiting.
        """
        for _ in range(LOOKS):
            record = self._ledger.run(run_id)
            if record.outcome is Outcome.RUNNING and record.run.approved_usd == usd:
                return record
            self._check(record)
            if record.run.dataset.at_most_usd != usd:
                raise BadRequest(
                    f"run {run_id!r} may cost up to ${record.run.dataset.at_most_usd} by now, not ${usd}; look again"
                )
            self._ledger.check_free(record.run.recipe.name, run_id)
            self._start(record.run, usd, by, cap_usd)
        raise RunActive(busy_message(names.recipe_of(run_id), "others that begin just now"))

    def _start(self, run: Run, usd: Decimal, by: str, cap_usd: Decimal) -> bool:
        """Lock, record and reservation in one transaction."""
        now, approved = clock.stamp(), json.dumps(to_wire(replace(run, approved_usd=usd)))
        item = self._table.get(*run_key(run.id)) or {}
        begun = item | {"run": approved, "outcome": Outcome.RUNNING.value, "approved": now, "approved_by": by}
        month = self._ledger.month(run.recipe.name, now).holding(run.id, usd, cap=cap_usd)
        lock = lock_item(run.recipe.name, run.id, opened=now)
        return self._table.put_all((lock, NEW, {}), (begun, *AWAITING), month.write())

    def decline(self, run_id: str, reason: str, *, by: str | None) -> RunRecord:
        """The run is closed, and its prompts may be tried again. by: None where nobody decided it. Raises BadRequest
        where it does not wait."""
        record = self._ledger.run(run_id)
        if record.outcome is Outcome.DECLINED:
            return record
        self._check(record)
        self._ledger.close(run_id, Outcome.DECLINED, reason, was=Outcome.AWAITING, by=by)
        return self._ledger.run(run_id)

    def _check(self, record: RunRecord) -> None:
        if record.outcome is not Outcome.AWAITING:
            is_now = f"it is {record.outcome}; `distillery status` lists the runs"
            raise BadRequest(f"run {record.run.id!r} waits for no approval, {is_now}")
