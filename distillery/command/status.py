"""`distillery status`: the recipes, what each serves, and their runs."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from distillery.command.target import Target, target
from lambdas.shared.ledger import RunRecord
from lambdas.shared.road import Outcome, Stage

console = Console(highlight=False)
COLOUR = {Outcome.PROMOTED: "green", Outcome.FAILED: "red", Outcome.REJECTED: "yellow", Outcome.RUNNING: "cyan"}


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
    runs = on.ledger.runs(recipe)
    if runs:
        console.print(_table(runs))


def _serving(alias: object) -> str:
    assert isinstance(alias, dict)
    back = f", previous {alias['previous']}" if alias["previous"] else ""
    return f"alias version {alias['version']} of run {alias['run']}: {alias['endpoint']['arn']}{back}"


def _table(runs: list[RunRecord]) -> Table:
    table = Table(
        "run", "opened", "outcome", "prompts", "student", "teacher", "untrained", "why", box=None, pad_edge=False
    )
    for record in runs:
        verdict = record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}
        scores = [f"{verdict[who]['value']:.1%}" if verdict else "-" for who in ("student", "teacher", "base")]
        outcome = f"[{COLOUR.get(record.outcome, 'white')}]{record.outcome}[/]"
        table.add_row(
            record.run.id, record.opened, outcome, str(record.run.dataset.prompts), *scores, escape(record.reason)
        )
    return table
