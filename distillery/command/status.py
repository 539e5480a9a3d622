"""`distillery status`: the recipes, what each serves, and their runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from distillery.command.progress import scores, waiting
from distillery.command.target import Target, target
from lambdas.shared.ledger import RunRecord
from lambdas.shared.road import Outcome, Stage

console = Console(highlight=False)
COLOUR = {
    Outcome.PROMOTED: "green",
    Outcome.FAILED: "red",
    Outcome.REJECTED: "yellow",
    Outcome.AWAITING: "yellow",
    Outcome.RUNNING: "cyan",
}


def status(
    context: typer.Context,
    recipe: Annotated[str | None, typer.Argument(help="One recipe; all of them otherwise.", show_default=False)] = None,
) -> None:
    """Show what each recipe serves, and its runs, the newest first."""
    on = target(context)
    if recipe is not None:
        on.know(recipe)
    for name in [recipe] if recipe else on.recipes:
        _show(on, name)


def _show(on: Target, recipe: str) -> None:
    alias = on.account.alias(recipe)
    console.print(f"[bold]{recipe}[/bold]  " + (_serving(alias) if alias else "no live alias yet"), soft_wrap=True)
    for record in on.ledger.runs(recipe):
        for line in _lines(record):
            console.print(line, soft_wrap=True)


def _serving(alias: object) -> str:
    assert isinstance(alias, dict)
    back = f", previous {alias['previous']}" if alias["previous"] else ""
    return f"alias version {alias['version']} of run {alias['run']}: {alias['endpoint']['arn']}{back}"


def _lines(record: RunRecord) -> Iterator[str]:
    """A run and, beneath it, what came of it: lines and no table, so that an id stays whole at any width."""
    opened = datetime.fromisoformat(record.opened)
    outcome = f"[{COLOUR.get(record.outcome, 'white')}]{record.outcome}[/]"
    yield f"  {record.run.id}  {outcome}  {opened:%Y-%m-%d %H:%M}  {record.run.dataset.prompts} prompts"
    if verdict := record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}:
        yield f"    [dim]{verdict['measure']}: {scores(verdict)}[/dim]"
    if reason := waiting(record) if record.outcome is Outcome.AWAITING else record.reason:
        yield f"    {escape(reason)}"
