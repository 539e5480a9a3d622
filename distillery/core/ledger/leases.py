"""Leases of candidate endpoints: who holds one, for what, and until when.

The sweep keeps a candidate with an unexpired lease, and deletes one whose lease has expired. The lease ends with the
candidate, or with its run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core import clock
from distillery.core.ledger.table import Table

PARTITION = "lease"
LENGTH = timedelta(hours=24)
"""How long a lease lasts after it was taken or renewed. Each invocation that asks for answers renews it, and no pause
between two of them lasts hours: after a day without one, the execution has stalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The lease of a run's candidate. `owner`: a run, or the ARN of a person; `until`: ISO 8601."""

    run: str
    owner: str
    purpose: str
    until: str

    @property
    def has_expired(self) -> bool:
        return datetime.fromisoformat(self.until) <= clock.now()


class Leases:
    """One lease for each run. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, run: str, *, owner: str, purpose: str) -> None:
        """Takes or renews the lease, before the endpoint is created."""
        item = {"pk": PARTITION, "sk": run, "run": run, "owner": owner, "purpose": purpose, "until": _until()}
        self._table.put(item)

    def renew(self, run: str) -> None:
        """Extends the lease; without one, does nothing."""
        self._table.set(PARTITION, run, {"until": _until()}, only_if="#run = :run", given={"run": run})

    def of(self, run: str) -> Lease | None:
        """The lease; None for a run without a candidate, and for a candidate that an older version created."""
        item = self._table.get(PARTITION, run)
        if item is None:
            return None
        return Lease(run=item["run"], owner=item["owner"], purpose=item["purpose"], until=item["until"])

    def end(self, run: str) -> None:
        """Ends the lease, after its endpoint was deleted or its run was closed."""
        self._table.delete(PARTITION, run, attribute="run", equal=run)


def _until() -> str:
    return (clock.now() + LENGTH).isoformat(timespec="seconds")
