"""`distillery rollback`: the live endpoint back to the model before."""

from typing import Annotated

import typer

from distillery.cli.target import target
from distillery.cli.terminal import say


def rollback(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="The recipe whose live endpoint goes back to its previous model.")],
) -> None:
    """Re-point a recipe's live endpoint to its previous model; the current one serves until that is done."""
    on = target(context)
    alias = on.account.alias(recipe) or {"version": 0}  # the function says that nothing was promoted yet
    answer = on.account.decide("rollback", {"recipe": recipe, "version": alias["version"]})
    say("rolling {} back to {}; see it done with: distillery status {}", recipe, answer["to"], recipe)
