"""`distillery collect`: what callers asked becomes prompts to learn from."""

from typing import Annotated, NoReturn

import typer

from distillery.cli.target import target
from distillery.cli.terminal import link, say


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
        say(
            "Athena is at work (query {}); what it finds is sent to the home Region when it ends, and "
            "the run starts by itself: distillery status {}",
            answer["query"],
            recipe,
        )
    else:
        _refuse(answer)
    if answer.get("of_anybody"):
        say(
            "[yellow]calls of whoever made them are among these[/yellow]: recipes.{}.logs names no principals, "
            "and anybody who may call a model there may say what match asks for",
            recipe,
        )


def _tell(recipe: str, answer: object) -> None:
    assert isinstance(answer, dict)
    say("{} prompts of {} calls are at {}", answer["prompts"], answer["calls"], link(answer["uri"]))
    for reason, calls in sorted(answer["left_out"].items(), key=lambda one: -one[1]):
        say("  left out: {} calls, {}", calls, reason)
    say("their run starts by itself; see it with: distillery status {}", recipe)


def _refuse(answer: object) -> NoReturn:
    assert isinstance(answer, dict)
    say("[red]{}[/red]: {}", answer["status"], answer["reason"])
    raise typer.Exit(1)
