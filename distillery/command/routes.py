"""`distillery routes`: what each route leads to, as its published map says it."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from distillery.client.document import VERSION, RouteMap, Step
from distillery.command.published import documents, how, read
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
        document = {"version": VERSION, "environment": on.account.environment, "routes": told}
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        console.print(_table({route: read(route, one) for route, one in told.items()}))


def _table(published: dict[str, RouteMap]) -> Table:
    table = Table("route", box=None, pad_edge=False)
    table.add_column("", justify="right")
    for heading in ("mode", "model", "Region"):
        table.add_column(heading, overflow="fold")
    for heading in ("in", "out"):
        table.add_column(f"$/M {heading}", justify="right")
    table.add_column("as of", no_wrap=True)
    for route, one in published.items():
        for number, step in enumerate(one.steps, start=1):
            table.add_row(route if number == 1 else "", str(number), *_cells(step))
    return table


def _cells(step: Step) -> tuple[str, ...]:
    prices = (step.prices.input, step.prices.output, step.prices.as_of) if step.prices else ("", "", "")
    model = f"student of {step.model}" if step.alias else step.model
    return (how(step) + _probed(step), model, step.region, *prices)


def _probed(step: Step) -> str:
    """Only of a step whose application profile may or may not do."""
    if step.application is None:
        return ""
    return {None: " (not probed)", True: " (by application profile)", False: " (by system profile)"}[step.probed]
