"""`distillery snippets`: prints a program that calls a route."""

from enum import StrEnum
from typing import Annotated

import typer

from distillery.cli.documents import SnippetsOutput
from distillery.cli.outputs import document
from distillery.cli.route_maps import find_route, resolve, step_index
from distillery.cli.target import target
from distillery.cli.terminal import write, write_json

Package = StrEnum("Package", ["boto3", "cli", "litellm", "langchain", "strands"])  # SNIPPETS' keys (checked by a test)


def snippets(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route; the name of a recipe selects its distilled student.")],
    package: Annotated[Package, typer.Option("--for", help="The package that makes the call.")] = Package.boto3,
    step: Annotated[
        str | None,
        typer.Option(
            help="A step by its number or its mode (`standard`, `priority`). Default: the first.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a complete program that calls a route, with Region, model, mode and tags as published."""
    from distillery.cli.snippet_templates import SNIPPETS, RouteCall
    from distillery.client.single_step import SingleStep  # boto3

    on = target(context)
    one = find_route(on, route)
    call = RouteCall.of(one, resolve(SingleStep(on.account), one, step_index(one, step)))
    program = SNIPPETS[package](call)
    if as_json:
        found = SnippetsOutput(route=one.route, package=package.value, program=program)
        write_json(document("snippets", found))
    else:
        write(program)
