"""How a canary leaves the alias of its recipe."""

from dataclasses import replace

from distillery.core.aliases import Aliases
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.names import Names


def take_out(record: CanaryRecord, canaries: Canaries, names: Names, aliases: Aliases, writes: AliasWrites) -> None:
    """Takes the canary out of the alias, if the alias names it. Raises EndpointChanging while another step writes.

    The ledger has it first: an invocation of `admit` that still runs does not write the canary again.
    """
    parameter = names.alias(record.recipe)
    with writes.of(record.recipe, f"{record.holder} withdraw"):
        canaries.withdraw(record)
        alias = aliases.read(parameter)
        if alias and alias.canary and alias.canary.salt == record.holder:
            aliases.write(parameter, replace(alias, canary=None))
