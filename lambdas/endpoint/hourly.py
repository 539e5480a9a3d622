"""Writes the ledger of what bills by the hour, which the dashboard shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.billing import Billing, bill
from distillery.core.claims import Claims
from distillery.core.hourly_ledger import write_lines
from distillery.core.inventory import HostedModel, Inventory, take_throughputs
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


@dataclass(frozen=True, slots=True)
class HourlyEndpoints:
    """The environment's endpoints that bill by the hour, with their prices and with what keeps them."""

    names: Names
    ledger: Ledger
    bedrock: "BedrockClient"
    claims: Callable[[], Claims]

    def write(self) -> int:
        """Writes a line of the log for each. Returns how many there are."""
        endpoints = take_throughputs(self.names, self.bedrock)
        if not endpoints:
            return 0
        return write_lines(self.names, billing_of(endpoints, self.ledger, self.claims))


def billing_of(endpoints: tuple[HostedModel, ...], ledger: Ledger, claims: Callable[[], Claims]) -> Billing:
    """What the endpoints bill, at the prices of their recipes' runs. `claims` is asked last, after they were listed."""
    recipes = sorted({each.recipe for each in endpoints if each.recipe})
    records = [record for recipe in recipes for record in ledger.runs(recipe)]
    return bill(Inventory(endpoints=endpoints), records, claims())
