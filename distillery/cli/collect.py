"""`distillery collect`: makes a data set of logged calls."""

from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

import typer

from distillery.cli.documents import CollectOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import echo, link, write_json
from distillery.core.logs import DAMAGED_FILE, DAMAGED_LINE

COUNTED = {DAMAGED_FILE: "log files", DAMAGED_LINE: "lines"}
"""What is counted where it is not calls: nobody knows how many calls were in a damaged file."""


def collect(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe with [recipes.<name>.logs] in the environment's settings.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="Calls from this day on, such as 2026-11-01. Default: the recipe's setting.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Collect prompts from invocation logs. They arrive like an upload, and their run starts automatically."""
    on = target(context)
    on.require_recipe(recipe)
    answer = on.account.invoke(
        str(on.account.collection["function"]),
        {"recipe": recipe, "since": since},
        region=str(on.account.pipeline["inference_region"]),
    )
    if as_json:
        write_json(document("collect", _output(recipe, answer)))
        if answer["status"] not in ("collected", "querying"):
            raise typer.Exit(ExitCode.REFUSED)
        return
    if answer["status"] == "collected":
        _print_collected(on.command("status", recipe), answer)
    elif answer["status"] == "querying":
        echo(
            "Athena runs query {}; when it ends, its result is sent to the home Region, and "
            "the run starts automatically: {}",
            answer["query"],
            on.command("status", recipe),
        )
    else:
        _refuse(answer)
    if answer.get("of_anybody"):
        echo(
            "[yellow]these include calls of any principal[/yellow]: recipes.{}.logs names no principals, "
            "and anybody who may call a model there can set the metadata that match compares",
            recipe,
        )


def _output(recipe: str, answer: Mapping[str, Any]) -> CollectOutput:
    return CollectOutput(
        status=str(answer["status"]),
        recipe=recipe,
        uri=answer.get("uri"),
        query=answer.get("query"),
        calls=answer.get("calls"),
        prompts=answer.get("prompts"),
        left_out=dict(answer.get("left_out") or {}),
        of_anybody=bool(answer.get("of_anybody")),
        reason=str(answer.get("reason") or ""),
    )


def _print_collected(show: str, answer: object) -> None:
    assert isinstance(answer, dict)
    echo("{} prompts of {} calls are at {}", answer["prompts"], answer["calls"], link(answer["uri"]))
    for reason, count in sorted(answer["left_out"].items(), key=lambda one: -one[1]):
        echo("  left out: {} {}, {}", count, COUNTED.get(reason, "calls"), reason)
    echo("their run starts automatically; show it with: {}", show)


def _refuse(answer: object) -> NoReturn:
    assert isinstance(answer, dict)
    echo("[red]{}[/red]: {}", answer["status"], answer["reason"])
    raise typer.Exit(ExitCode.REFUSED)
