"""`distillery approve`: a run above its budget is started all the same."""

import json
from typing import Annotated

import typer

from distillery.cli.offline_check import text
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, say
from distillery.core.ledger.records import RunRecord


def approve(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run that waits, as `distillery status` lists it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Start a run that waits because it may cost more than its recipe's budget."""
    on = target(context)
    record = on.ledger.run(run)
    dataset, recipe = record.run.dataset, record.run.recipe
    for line in _items(on, record):
        say("  {}", line)
    if not yes:
        confirm(
            "Start {} for about ${}, ${} at most? The budget of {} is ${}",
            *(run, dataset.estimate_usd, dataset.at_most_usd, recipe.name, recipe.budget_usd),
        )
    decide(on, run, approve=True, usd=str(dataset.at_most_usd))
    say("run {} has started; follow it with: distillery watch {}", run, run)


def decide(on: Target, run: str, **decision: object) -> None:
    """Asks the approval function, which is told who signed. Raises FunctionRefused with its sentence."""
    on.account.decide("approval", {"run": run, **decision})


def _items(on: Target, record: RunRecord) -> list[str]:
    """What the run would cost, item by item, if the report is of the same estimate."""
    dataset = record.run.dataset
    report = json.loads(on.account.read(dataset.report_uri))
    same = report.get("estimate", {}).get("total_usd") == str(dataset.estimate_usd)
    return list(text.estimate(report)) if same else []
