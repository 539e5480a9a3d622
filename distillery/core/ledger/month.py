"""What the runs of one calendar month (UTC) have reserved from a recipe's budget: one item of the table.

    pk                 sk                     what
    recipe#<recipe>    month#<2026-11>        the sum, the runs that reserved it, and a revision that every write raises

A run reserves its worst case in the transaction that locks its recipe, for the month in which it begins. Every write
requires the revision that was read, so no two runs can reserve from the same sum.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Self

from distillery.core.errors import OverBudget
from distillery.core.ledger.items import partition
from distillery.core.ledger.table import NEW, Item, Table

NAMED = 5
"""How many runs an error message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The reservations of a month. `name`: such as 2026-11; `revision`: 0 without an item; `runs`: US dollars by
    run."""

    recipe: str
    name: str
    revision: int = 0
    runs: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, recipe: str, stamp: str) -> Self:
        """The month of a time (ISO 8601 in UTC) with its current reservations."""
        month = cls(recipe=recipe, name=stamp[:7])
        item = table.get(*month.key)
        if item is None:
            return month
        runs = {run: Decimal(usd) for run, usd in json.loads(item["runs"]).items()}
        return replace(month, revision=int(item["revision"]), runs=runs)

    @property
    def key(self) -> tuple[str, str]:
        return partition(self.recipe), f"month#{self.name}"

    @property
    def reserved(self) -> Decimal:
        return sum(self.runs.values(), Decimal(0))

    @property
    def resets(self) -> str:
        """The first day of the next month, which begins at 00:00 UTC."""
        year, month = map(int, self.name.split("-"))
        return f"{year + month // 12}-{month % 12 + 1:02}-01"

    def with_reservation(self, run: str, usd: Decimal, *, cap: Decimal, what: str = "run") -> Self:
        """The month with at least `usd` reserved for the run, which counts once. Raises OverBudget where the sum
        exceeds `cap`."""
        if run in self.runs and self.runs[run] >= usd:
            return self
        held = replace(self, runs={**self.runs, run: usd})
        if held.reserved > cap:
            raise OverBudget(
                f"the {what} may cost up to ${usd}, but ${self.reserved:.2f} of the ${cap} monthly budget of recipe "
                f"{self.recipe!r} for {self.name} (UTC) is already reserved{self._by()}; wait until {self.resets}, or "
                "raise monthly_budget_usd"
            )
        return held

    def with_at_most(self, run: str, usd: Decimal) -> Self:
        """The month with at most `usd` reserved for the run; itself where there is no more."""
        if run not in self.runs or self.runs[run] <= usd:
            return self
        return replace(self, runs={**self.runs, run: usd}) if usd else self.without_reservation(run)

    def without_reservation(self, run: str) -> Self:
        """The month without the run's reservation; itself where there is none."""
        if run not in self.runs:
            return self
        return replace(self, runs={each: usd for each, usd in self.runs.items() if each != run})

    def write(self) -> tuple[Item, str, Mapping[str, str]]:
        """The item for a transaction: written only where nothing was written since it was read."""
        pk, sk = self.key
        unchanged = ("revision = :read", {":read": str(self.revision)}) if self.revision else (NEW, {})
        runs = json.dumps({run: str(usd) for run, usd in sorted(self.runs.items())})
        item = {"pk": pk, "sk": sk, "revision": str(self.revision + 1), "reserved": str(self.reserved), "runs": runs}
        return item, *unchanged

    def _by(self) -> str:
        """The runs with the largest reservations, for an error message."""
        dearest = sorted(self.runs.items(), key=lambda held: (-held[1], held[0]))
        named = [f"{run} ${usd}" for run, usd in dearest[:NAMED]]
        more = [f"{len(dearest) - NAMED} more"] if len(dearest) > NAMED else []
        return f": {', '.join([*named, *more])}" if named else ""
