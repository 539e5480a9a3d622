"""`distillery rollback`: the live endpoint back to the model before."""

from typing import Annotated

import typer
from rich.console import Console

from distillery.command.target import target

console = Console(highlight=False)


def rollback(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="The recipe whose live endpoint goes back to its previous model.")],
) -> None:
    """Re-point a recipe's live endpoint to its previous model; the current one serves until that is done."""
    on = target(context)
    answer = on.account.invoke(str(on.account.pipeline["functions"]["rollback"]), {"recipe": recipe})
    console.print(
        f"rolling {recipe} back to {answer['to']}; see it done with: distillery status {recipe}", soft_wrap=True
    )
