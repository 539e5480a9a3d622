"""`distillery routes`: what each route leads to, as its published map says it."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from distillery.client.document import RouteMap, Step, together
from distillery.command.published import documents, read
from distillery.command.target import target

console = Console(highlight=False)


def routes(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the maps as one JSON document.")] = False,
) -> None:
    """Show what each route leads to: its steps in the order they are tried, with mode, Region and price."""
    on = target(context)
    told = documents(on)
    if as_json:
        document = together(on.account.environment, str(on.account.pipeline["inference_region"]), told)
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        published = {route: read(route, one) for route, one in told.items()}
        console.print(_table(published))
        console.print(_days(published), style="dim")


def _table(published: dict[str, RouteMap]) -> Table:
    """A route's name, and beneath it its steps: so that a model's id stays whole in 80 columns."""
    table = Table("route", box=None, pad_edge=False)
    table.add_column("model", overflow="fold")
    for heading in ("Region", "$/M in", "out"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "Region" else "right")
    for route, one in published.items():
        table.add_row(f"[bold]{route}[/bold]")
        for number, step in enumerate(one.steps, start=1):
            prices = (step.prices.input, step.prices.output) if step.prices else ()
            table.add_row(f"{number} {_how(step)}", step.model, step.region, *prices)
    return table


def _days(published: dict[str, RouteMap]) -> str:
    days = {step.prices.as_of for one in published.values() for step in one.steps if step.prices}
    if not days:
        return "No price is known."
    return f"Prices as of {' to '.join(sorted({min(days), max(days)}))}: --json tells each."


def _how(step: Step) -> str:
    """Also whether a student answers, and by which profile, where that had to be found out."""
    if step.alias:
        return "student"
    if step.application is None:
        return str(step.mode)
    return str(step.mode) + {None: ", unprobed", True: ", tagged", False: ", untagged"}[step.probed]
