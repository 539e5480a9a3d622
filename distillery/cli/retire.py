"""`distillery retire`: deletes what a recipe has in Bedrock, and its alias."""

from typing import Annotated

import typer

from distillery.cli.deletion_documents import RetireOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import confirm, echo, write_json
from distillery.core.errors import BadRequest


def retire(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe, also one that the settings have lost.")],
    reason: Annotated[str, typer.Option(help="Why. The ledger keeps it for ever.")],
    students: Annotated[bool, typer.Option("--students", help="Delete its models too. Nothing restores them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; needs --yes.")] = False,
) -> None:
    """Delete a recipe's alias and its endpoints. Callers of its route get the next step of its fallback policy.

    What cannot be deleted yet is named, and the exit code is 1: repeat the command.
    """
    if as_json and not yes:
        raise BadRequest("--json asks nothing; confirm with --yes")
    on = target(context)
    alias = on.account.alias(recipe)
    if not yes:
        live = f"its live model {alias['current']}" if alias else "no live model"
        also = ", its endpoints and all its models" if students else " and its endpoints"
        confirm("Retire {} of {}: {}{}?", recipe, on.environment, live, also)
    asked = {"recipe": recipe, "version": int(alias["version"]) if alias else 0, "reason": reason, "students": students}
    answer = on.account.decide("retirement", asked)
    told = RetireOutput(
        recipe=recipe,
        alias=answer["alias"],
        endpoints=list(answer["endpoints"]),
        models=list(answer["models"]),
        left=list(answer["left"]),
        done=bool(answer["done"]),
    )
    if as_json:
        write_json(document("retire", told))
    else:
        for what in (*told.endpoints, *told.models):
            echo("deleted {}", what)
        for each in told.left:
            echo("[yellow]left[/yellow] {}: {}", each["what"], each["why"])
        again = on.command("retire", recipe, "--reason", "WHY", *(["--students"] if students else []))
        echo(*(("recipe {} is retired", recipe) if told.done else ("repeat the command: {}", again)))
    if not told.done:
        raise typer.Exit(ExitCode.FINDINGS)
