"""Endpoints under a commitment: the guard leaves them until their first term ends, and notifies people in time.

AWS renews a commitment at the end of each term (UG prov-thru-delete). So people are notified of an endpoint that
nothing names, which bills for nobody, and of every endpoint in the last week of its term.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from distillery.core import clock
from distillery.core.billing import BilledEndpoint
from distillery.core.claims import Claims
from distillery.core.inventory import take_throughputs
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.endpoint.hourly import billing_of

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

PARTITION = "committed"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CommittedEndpoints:
    """The environment's endpoints under a commitment."""

    names: Names
    table: Table
    ledger: Ledger
    bedrock: "BedrockClient"
    notices: Notices
    claims: Callable[[], Claims]

    def undeletable(self) -> frozenset[str]:
        """The names of those that AWS refuses to delete."""
        held = take_throughputs(self.names, self.bedrock)
        return frozenset(each.name for each in held if each.is_in_first_term(clock.now()))

    def is_committed(self, arn: str) -> bool:
        """Whether the endpoint has a commitment, in any term."""
        held = take_throughputs(self.names, self.bedrock)
        return any(each.arn == arn and each.is_committed(clock.now()) for each in held)

    def report(self) -> dict[str, str]:
        """Those that nothing names, with their prices and ends, by name. Notifies people of them and of what ends in a
        week, at most once a week for each."""
        now = clock.now()
        held = tuple(each for each in take_throughputs(self.names, self.bedrock) if each.is_committed(now))
        if not held:
            return {}
        billed = billing_of(held, self.ledger, self.claims).endpoints
        told = {item["sk"]: item["told"] for item in self.table.query(PARTITION)}
        for each in billed:
            if (each.is_orphan or _ends_soon(each, now)) and _passed(told.get(each.endpoint.name), now):
                self._notify(each)
                self.table.put({"pk": PARTITION, "sk": each.endpoint.name, "told": clock.stamp()})
        return {each.endpoint.name: _bill(each) for each in billed if each.is_orphan}

    def _notify(self, each: BilledEndpoint) -> None:
        name = each.endpoint.name
        self.notices.publish(
            f"Distillery: commitment of {name}",
            f"{each.endpoint.arn} {_bill(each)}. AWS then renews the commitment.",
            "Nothing names it, so it bills for nobody. AWS does not delete it in its first term; after that, the guard "
            "tries to delete it at each of its passes: docs/money.md."
            if each.is_orphan
            else "Its recipe serves from it. If you do not want another term, retire the recipe or ask AWS Support "
            "before that day: docs/money.md.",
        )


def _bill(each: BilledEndpoint) -> str:
    price = "at a price that no run has" if each.usd_per_hour is None else f"${each.usd_per_hour:,.2f} an hour"
    until = each.endpoint.committed_until
    return f"bills {price} and is committed until {until:%Y-%m-%d %H:%M} UTC"


def _ends_soon(each: BilledEndpoint, now: datetime) -> bool:
    until = each.endpoint.committed_until
    return until is not None and until - now <= WEEK


def _passed(stamp: str | None, now: datetime) -> bool:
    return not stamp or now - datetime.fromisoformat(stamp) >= WEEK
