"""`distillery reject`: a run above its budget is closed."""

from typing import Annotated

import typer

from distillery.cli.approve import decide
from distillery.cli.target import target
from distillery.cli.terminal import say


def reject(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run that waits, as `distillery status` lists it.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")] = "",
) -> None:
    """Close a run that waits because it may cost more than its recipe's budget."""
    on = target(context)
    usd = str(on.ledger.run(run).run.dataset.at_most_usd)
    decide(on, run, approve=False, usd=usd, reason=reason)
    say("run {} is declined; its prompts may be tried again", run)
