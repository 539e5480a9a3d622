"""What keeps an endpoint: an alias, an unexpired lease, or the lock of its recipe. Without any, nobody needs it.

The guard deletes by this, and `distillery status` shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from distillery.core.ledger.leases import Lease
from distillery.core.names import is_canary
from distillery.core.pipeline import Endpoint


class ClaimKind(StrEnum):
    """What keeps an endpoint."""

    ALIAS = "alias"
    """Its recipe's alias names it."""
    LEASE = "lease"
    """An unexpired lease names it."""
    LOCK = "lock"
    """Its run, or for a live endpoint whatever is active, has its recipe's lock, and no lease says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim. `purpose` and `until` (ISO 8601) are those of a lease, and otherwise empty."""

    kind: ClaimKind
    owner: str
    purpose: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of an environment.

    Attributes:
        active: The holders of the recipe locks, by recipe.
        leases: Every lease, expired ones too.
        live_arn: The ARN of the endpoint that a recipe's alias names; None without an alias.
    """

    active: Mapping[str, str]
    leases: tuple[Lease, ...]
    live_arn: Callable[[str], str | None]

    def of(self, endpoint: Endpoint, *, recipe: str, run: str) -> Claim | None:
        """What keeps the endpoint; None for an orphan. `recipe` and `run` are its tags, empty where it has none.

        The lock keeps a candidate of an older version, which took no lease, and a live endpoint, which promotion
        creates before it writes the alias. A canary's endpoint is kept by its own lease alone, by name: its run may be
        evaluated again meanwhile.
        """
        own = is_canary(endpoint.name)
        naming = [lease for lease in self.leases if lease.names(endpoint.name, "" if own else run)]
        for lease in naming:
            if not lease.has_expired:
                return Claim(kind=ClaimKind.LEASE, owner=lease.owner, purpose=lease.purpose, until=lease.until)
        if recipe and self.live_arn(recipe) == endpoint.arn:
            return Claim(kind=ClaimKind.ALIAS, owner=recipe)
        holder = self.active.get(recipe, "")
        is_locked = not own and (holder == run and not naming if run else bool(holder))
        return Claim(kind=ClaimKind.LOCK, owner=holder) if is_locked else None
