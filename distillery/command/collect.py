"""`distillery collect`: what callers asked becomes prompts to learn from."""

from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from distillery.command.target import target

console = Console(highlight=False)


def collect(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe with [recipes.<name>.logs] in the environment's settings.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="From the beginning of this day on, such as 2026-11-01. Default: as the recipe says.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Collect prompts from invocation logs. They arrive as an upload would, and their run starts by itself."""
    on = target(context)
    on.know(recipe)
    answer = on.account.invoke(
        str(on.account.collection["function"]),
        {"recipe": recipe, "since": since},
        region=str(on.account.pipeline["inference_region"]),
    )
    if answer["status"] == "collected":
        _tell(recipe, answer)
    elif answer["status"] == "querying":
        console.print(
            f"Athena is at work (query {answer['query']}); what it finds is sent to the home Region when it ends, and "
            f"the run starts by itself: distillery status {recipe}",
            soft_wrap=True,
        )
    else:
        _refuse(answer)
    if answer.get("of_anybody"):
        console.print(
            f"[yellow]calls of whoever made them are among these[/yellow]: recipes.{recipe}.logs names no principals, "
            "and anybody who may call a model there may say what match asks for",
            soft_wrap=True,
        )


def _tell(recipe: str, answer: object) -> None:
    assert isinstance(answer, dict)
    console.print(f"{answer['prompts']} prompts of {answer['calls']} calls are at {answer['uri']}", soft_wrap=True)
    for reason, calls in sorted(answer["left_out"].items(), key=lambda one: -one[1]):
        console.print(f"  left out: {calls} calls, {escape(reason)}")
    console.print(f"their run starts by itself; see it with: distillery status {recipe}", soft_wrap=True)


def _refuse(answer: object) -> NoReturn:
    assert isinstance(answer, dict)
    console.print(f"[red]{answer['status']}[/red]: {escape(str(answer['reason']))}", soft_wrap=True)
    raise typer.Exit(1)
