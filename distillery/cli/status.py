"""`distillery status`: the recipes, what each serves and may spend, and their runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from distillery.cli.permissions import refused
from distillery.cli.progress import scores, waiting
from distillery.cli.seen import runs_of
from distillery.cli.spending import spending
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, say, told
from distillery.core.ledger.records import RunRecord
from distillery.core.ledger.rollbacks import RollbackRecord
from distillery.core.pipeline import Outcome, Stage

TEMPLATES = {
    Outcome.PROMOTED: "[green]{}[/green]",
    Outcome.FAILED: "[red]{}[/red]",
    Outcome.REJECTED: "[yellow]{}[/yellow]",
    Outcome.AWAITING: "[yellow]{}[/yellow]",
    Outcome.RUNNING: "[cyan]{}[/cyan]",
}


def status(
    context: typer.Context,
    recipe: Annotated[str | None, typer.Argument(help="One recipe; all of them otherwise.", show_default=False)] = None,
) -> None:
    """Show what each recipe serves, what it may spend this month, and its runs, the newest first."""
    on = target(context)
    if recipe is not None:
        on.know(recipe)
    found = runs_of(on, [recipe] if recipe else on.recipes)
    for name, runs in found.items():
        _show(on, name, runs)


def _show(on: Target, recipe: str, runs: list[RunRecord] | Exception) -> None:
    """Among others, a recipe that is not this person's is named and passed over."""
    if isinstance(runs, Exception):
        say("[bold]{}[/bold]  [dim]you may not read its runs[/dim]", recipe)
        return
    say("[bold]{}[/bold]  {}", recipe, _live(on, recipe))
    say("  [dim]{}[/dim]", spending(on, recipe, runs))
    for record in runs:
        for line in (*_lines(record), *_uploaded(on, record)):
            say("{}", line)
    for rollback in on.rollbacks.of(recipe):
        for line in _rolled_back(rollback):
            say("{}", line)


def _live(on: Target, recipe: str) -> Text:
    """What the recipe serves; approvers read runs and their reports alone."""
    from distillery.client import AWS_ERRORS

    try:
        alias = on.account.alias(recipe)
    except AWS_ERRORS as error:
        if not refused(error):
            raise
        return told("[dim]you may not read its alias[/dim]")
    return told("{}", _serving(alias) if alias else "no live alias yet")


def _serving(alias: object) -> str:
    assert isinstance(alias, dict)
    back = f", previous {alias['previous']}" if alias["previous"] else ""
    return f"alias version {alias['version']} of run {alias['run']}: {alias['endpoint']['arn']}{back}"


def _lines(record: RunRecord) -> Iterator[Text]:
    """A run and, beneath it, what came of it: lines and no table, so that an id stays whole at any width."""
    opened = datetime.fromisoformat(record.opened)
    outcome = told(TEMPLATES.get(record.outcome, "{}"), record.outcome)
    prompts = record.run.dataset.prompts
    yield told("  {}  {}  {}  {} prompts", record.run.id, outcome, f"{opened:%Y-%m-%d %H:%M}", prompts)
    if verdict := record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}:
        yield told("    [dim]{}: {}[/dim]", verdict["measure"], scores(verdict))
    if reason := waiting(record) if record.outcome is Outcome.AWAITING else record.reason:
        yield told("    {}", reason)
    for what, who in (("approved", record.approved_by), (str(record.outcome), record.closed_by)):
        if who:
            yield told("    {} by {}", what, who)


def _uploaded(on: Target, record: RunRecord) -> Iterator[Text]:
    """By their unique ids: S3 tells no names."""
    who = {upload.principal for upload in on.uploads.of(record.run.id)}
    if known := sorted(filter(None, who)):
        yield told("    uploaded by {}", ", ".join(known))


def _rolled_back(record: RollbackRecord) -> Iterator[Text]:
    opened = datetime.fromisoformat(record.opened)
    outcome = "rolling back" if record.outcome is Outcome.RUNNING else record.outcome
    yield told("  {}  {}  {}  to {}", record.holder, outcome, f"{opened:%Y-%m-%d %H:%M}", record.to)
    if record.outcome is Outcome.FAILED:
        yield told("    {}", record.reason)
    yield told("    asked by {}", record.by)
