"""`distillery run`: upload prompts and put them on the road."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from distillery.command.target import Target, target
from distillery.command.watch import follow
from lambdas.shared.errors import BadRequest
from lambdas.shared.names import UPLOADS_PREFIX

console = Console(highlight=False)


def run(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="The recipe, as the environment's settings name it.")],
    file: Annotated[
        Path, typer.Argument(help="Prompts: .jsonl or .jsonl.gz, one conversation a line.", exists=True, dir_okay=False)
    ],
    again: Annotated[
        bool, typer.Option("--again", help="A new attempt, even if these prompts gave a student before.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it ends.")] = False,
) -> None:
    """Put a file of prompts on the road: validated, distilled, evaluated and promoted if it passes."""
    answer = start(target(context), recipe, file, again=again)
    console.print(sentence(answer))
    if answer["status"] not in ("started", "same"):
        raise typer.Exit(1)
    if wait and not follow(target(context), str(answer["run"])):
        raise typer.Exit(1)


def start(on: Target, recipe: str, file: Path, *, again: bool) -> dict[str, object]:
    """Uploads the file where nothing triggers on it, and asks the dataset function to take it."""
    if recipe not in on.recipes:
        raise BadRequest(f"there is no recipe {recipe!r}; environment {on.account.environment!r} has {on.recipes}")
    uri, version = on.account.upload(file, recipe, prefix=UPLOADS_PREFIX)
    functions = on.account.pipeline["functions"]
    payload = {"recipe": recipe, "uri": uri, "version": version, "again": again}
    return dict(on.account.invoke(str(functions["dataset"]), payload))


def sentence(answer: dict[str, object]) -> str:
    """What became of the upload, and the next thing to do."""
    match answer["status"]:
        case "started":
            return f"run [bold]{answer['run']}[/bold] has started; follow it with: distillery watch {answer['run']}"
        case "same":
            return (
                f"these prompts are run [bold]{answer['run']}[/bold] already; see it with: distillery status, "
                "or say --again for a new attempt"
            )
        case status:
            return f"[red]{status}[/red]: {answer['reason']}" + (
                f"\nthe whole report: {answer['report_uri']}" if answer.get("report_uri") else ""
            )
