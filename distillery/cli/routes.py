"""`distillery routes`: what each route leads to, as its published map says it."""

from typing import Annotated

import typer

from distillery.cli.published import documents, read
from distillery.cli.target import target
from distillery.cli.terminal import Table, document, draw, row, say, told
from distillery.client.route_map import RouteMap, Step, environment_document


def routes(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the maps as one JSON document.")] = False,
) -> None:
    """Show what each route leads to: its steps in the order they are tried, with mode, Region and price."""
    on = target(context)
    found = documents(on)
    if as_json:
        document(environment_document(on.account.environment, str(on.account.pipeline["inference_region"]), found))
    else:
        published = {route: read(route, one) for route, one in found.items()}
        draw(_table(published))
        say("[dim]{}[/dim]", _days(published))


def _table(published: dict[str, RouteMap]) -> Table:
    """A route's name, and beneath it its steps: so that a model's id stays whole in 80 columns."""
    table = Table("route", box=None, pad_edge=False)
    table.add_column("model", overflow="fold")
    for heading in ("Region", "$/M in", "out"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "Region" else "right")
    for route, one in published.items():
        row(table, told("[bold]{}[/bold]", route))
        for number, step in enumerate(one.steps, start=1):
            prices = (step.prices.input, step.prices.output) if step.prices else ()
            row(table, f"{number} {_how(step)}", step.model, step.region, *prices)
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
