"""`distillery snippets`: a program that calls a route, for the package that an application uses."""

from enum import StrEnum
from typing import Annotated

import typer

from distillery.cli.published import choose, named, resolved
from distillery.cli.target import target
from distillery.cli.terminal import write

Package = StrEnum("Package", ["boto3", "cli", "litellm", "langchain", "strands"])  # SNIPPETS' keys (checked by a test)


def snippets(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route; a recipe's name means its distilled student.")],
    package: Annotated[Package, typer.Option("--for", help="The package that makes the call.")] = Package.boto3,
    step: Annotated[
        str | None,
        typer.Option(
            help="Another step than the route's first: its number, or its mode (`standard`, `priority`).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print a whole program that calls a route, to be saved and run: Region, model, mode and tags as published."""
    from distillery.cli.snippet_templates import SNIPPETS, RouteCall
    from distillery.client.single_step import SingleStep  # boto3

    on = target(context)
    one = named(on, route)
    call = RouteCall.of(one, resolved(SingleStep(on.account), one, choose(one, step)))
    write(SNIPPETS[package](call))
