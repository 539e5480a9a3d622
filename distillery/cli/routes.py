"""`distillery routes`: the steps of each route, from its published map."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from distillery.cli.outputs import document
from distillery.cli.route_maps import parse, read_documents
from distillery.cli.target import target
from distillery.cli.terminal import WordTable, append_row, echo, show, styled, write_json
from distillery.client.route_map import RouteMap, Step


def routes(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the maps as one JSON document.")] = False,
) -> None:
    """Show the steps of each route in the order in which they are tried, with mode, Region and price."""
    on = target(context)
    found = read_documents(on)
    if as_json:
        from distillery.client.published_maps import environment_document  # boto3

        region = str(on.account.pipeline["inference_region"])
        write_json(document("routes", environment_document(on.account.environment, region, found)))
    else:
        published = {route: parse(route, one) for route, one in found.items()}
        show(_table(published))
        for line in _system_prompts(found):
            echo("[dim]{}[/dim]", line)
        echo("[dim]{}[/dim]", _days(published))


def _table(published: dict[str, RouteMap]) -> WordTable:
    """Returns each route with its steps below it, so that model ids fit into 80 columns."""
    table = WordTable("route", box=None, pad_edge=False)
    table.add_column("model", overflow="fold")
    for heading in ("Region", "$/M in", "out"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "Region" else "right")
    for route, one in published.items():
        append_row(table, styled("[bold]{}[/bold]", route))
        for number, step in enumerate(one.steps, start=1):
            prices = (step.prices.input, step.prices.output) if step.prices else ()
            append_row(table, f"{number} {_how(step)}", step.model, step.region, *prices)
    return table


def _system_prompts(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yields what the students of routes were trained with as system prompt, where their aliases may be read."""
    for route, published in found.items():
        for number, step in enumerate(published["steps"], start=1):
            match step.get("system"):
                case {"use": "shared", "uri": str(uri)}:
                    yield f"{route}, step {number}: the route sends the student's system prompt, {uri}."
                case {"use": "several"}:
                    yield f"{route}, step {number}: the student has several system prompts; send yours."


def _days(published: dict[str, RouteMap]) -> str:
    days = {step.prices.as_of for one in published.values() for step in one.steps if step.prices}
    if not days:
        return "No prices are known."
    return f"Prices as of {' to '.join(sorted({min(days), max(days)}))}: --json shows each."


def _how(step: Step) -> str:
    """Returns the mode of a step; for an application profile, whether it was probed and is used."""
    if step.alias:
        return "student"
    if step.application is None:
        return str(step.mode)
    return str(step.mode) + {None: ", unprobed", True: ", tagged", False: ", untagged"}[step.probed]
