"""Leases of endpoints: who keeps one, for what, and until when.

The guard keeps an endpoint with an unexpired lease, and deletes one that neither a lease nor an alias names. The lease
of a run's candidate ends with the candidate, or with its run. Any other resource is held by its name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core import clock
from distillery.core.ledger.table import Item, Table

PARTITION = "lease"
RESOURCE = "resource#"
"""Begins the sort key of a lease by name. The one of a run's candidate is the run's id, which contains no `#`."""
LENGTH = timedelta(hours=24)
"""How long a lease lasts after it was taken or renewed. Each invocation that asks for answers renews it, and no pause
between two of them lasts hours: after a day without one, the execution has stalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease.

    Attributes:
        run: The run whose candidate it keeps; empty in a lease by name.
        owner: A run, another holder of a recipe's lock, or the ARN of a person.
        purpose: For people.
        until: ISO 8601.
        resource: The name of the endpoint that it keeps; empty in a lease of a run's candidate.
    """

    run: str
    owner: str
    purpose: str
    until: str
    resource: str = ""

    @property
    def has_expired(self) -> bool:
        return datetime.fromisoformat(self.until) <= clock.now()

    def names(self, resource: str, run: str) -> bool:
        """Whether it keeps the endpoint of that name, which the run made; `run` is empty for any other."""
        return self.resource == resource if self.resource else bool(run) and self.run == run


class Leases:
    """One lease for each run, and one for each resource that is held by its name. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, run: str, *, owner: str, purpose: str) -> None:
        """Takes or renews the lease of a run's candidate, before the endpoint is created."""
        item = {"pk": PARTITION, "sk": run, "run": run, "owner": owner, "purpose": purpose, "until": _until(LENGTH)}
        self._table.put(item)

    def hold(self, resource: str, *, owner: str, purpose: str, length: timedelta = LENGTH) -> None:
        """Takes or renews the lease of a resource by its name, before it is created. The last owner has it."""
        item = {"pk": PARTITION, "sk": f"{RESOURCE}{resource}", "resource": resource}
        self._table.put(item | {"owner": owner, "purpose": purpose, "until": _until(length)})

    def release(self, resource: str, *, owner: str) -> None:
        """Ends the owner's lease of a resource. One that somebody else has taken meanwhile stays."""
        self._table.delete(PARTITION, f"{RESOURCE}{resource}", attribute="owner", equal=owner)

    def release_all(self, *, owner: str) -> None:
        """Ends the leases of resources that the owner has."""
        for lease in self.all():
            if lease.resource and lease.owner == owner:
                self.release(lease.resource, owner=owner)

    def renew(self, run: str) -> None:
        """Extends the lease; without one, does nothing."""
        self._table.set(PARTITION, run, {"until": _until(LENGTH)}, only_if="#run = :run", given={"run": run})

    def of(self, run: str) -> Lease | None:
        """The lease; None for a run without a candidate, and for a candidate that an older version created."""
        item = self._table.get(PARTITION, run)
        return None if item is None else _lease(item)

    def all(self) -> tuple[Lease, ...]:
        """Every lease, expired ones too."""
        return tuple(_lease(item) for item in self._table.query(PARTITION))

    def end(self, run: str) -> None:
        """Ends the lease, after its endpoint was deleted or its run was closed."""
        self._table.delete(PARTITION, run, attribute="run", equal=run)


def _lease(item: Item) -> Lease:
    return Lease(
        run=item.get("run", ""),
        owner=item["owner"],
        purpose=item["purpose"],
        until=item["until"],
        resource=item.get("resource", ""),
    )


def _until(length: timedelta) -> str:
    return (clock.now() + length).isoformat(timespec="seconds")
