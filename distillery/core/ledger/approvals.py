"""Runs that wait for an approval of costs above their budget.

They do not lock their recipe, so other runs continue. An approval locks the recipe for the run, if it is free.
"""

import json
from dataclasses import replace
from decimal import Decimal

from distillery.core import clock, names
from distillery.core.errors import BadRequest, RunActive
from distillery.core.ledger.items import AWAITING, RunRecord, busy_message, lock_item, run_key
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import NEW, READS_MAX, Table
from distillery.core.pipeline import Outcome, Run
from distillery.core.serialization import to_wire


class Approvals:
    """Decisions about waiting runs. Each is made once."""

    def __init__(self, table: Table) -> None:
        self._table, self._ledger = table, Ledger(table)

    def approve(self, run_id: str, usd: Decimal, *, by: str, cap_usd: Decimal) -> RunRecord:
        """Approves the run, which then locks its recipe. A second call changes nothing.

        Args:
            usd: The worst case that the approver saw, in US dollars.
            by: The ARN of the approver.
            cap_usd: What the recipe may spend in a month by the current settings.

        Raises:
            BadRequest: The run does not wait, or its worst case has changed.
            RunActive: The recipe has another active run.
            OverBudget: Too little of the month's budget is left. The run keeps waiting.
        """
        for _ in range(READS_MAX):
            record = self._ledger.run(run_id)
            if record.outcome is Outcome.RUNNING and record.run.approved_usd == usd:
                return record
            self._check(record)
            if record.run.dataset.at_most_usd != usd:
                raise BadRequest(
                    f"run {run_id!r} may now cost up to ${record.run.dataset.at_most_usd}, not ${usd}; "
                    "run `distillery status` again"
                )
            self._ledger.check_free(record.run.recipe.name, run_id)
            self._start(record.run, usd, by, cap_usd)
        raise RunActive(busy_message(names.recipe_of(run_id), "other runs that are just starting"))

    def _start(self, run: Run, usd: Decimal, by: str, cap_usd: Decimal) -> bool:
        """Writes lock, record and reservation in one transaction."""
        now, approved = clock.stamp(), json.dumps(to_wire(replace(run, approved_usd=usd)))
        item = self._table.get(*run_key(run.id)) or {}
        begun = item | {"run": approved, "outcome": Outcome.RUNNING.value, "approved": now, "approved_by": by}
        month = self._ledger.month(run.recipe.name, now).with_reservation(run.id, usd, cap=cap_usd)
        lock = lock_item(run.recipe.name, run.id, opened=now)
        return self._table.put_all((lock, NEW, {}), (begun, *AWAITING), month.write())

    def decline(self, run_id: str, reason: str, *, by: str | None) -> RunRecord:
        """Closes the run; its prompts may be used again. `by` is None where no person decided. Raises BadRequest unless
        it waits."""
        record = self._ledger.run(run_id)
        if record.outcome is Outcome.DECLINED:
            return record
        self._check(record)
        self._ledger.close(run_id, Outcome.DECLINED, reason, was=Outcome.AWAITING, by=by)
        return self._ledger.run(run_id)

    def _check(self, record: RunRecord) -> None:
        if record.outcome is not Outcome.AWAITING:
            is_now = f"it is {record.outcome}; `distillery status` lists the runs"
            raise BadRequest(f"run {record.run.id!r} does not wait for approval; {is_now}")
