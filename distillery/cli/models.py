"""`distillery models`: the custom models of an environment, and deletes those that nothing needs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer

from distillery.cli.deletion_documents import ModelsOutput, RecipeModels
from distillery.cli.exit_codes import ExitCode
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, write_json
from distillery.core import clock
from distillery.core.errors import BadRequest
from distillery.core.models import KEEP, StoredModel
from distillery.core.serialization import from_wire


class Action(StrEnum):
    """What to do besides listing."""

    PRUNE = "prune"


def models(
    context: typer.Context,
    action: Annotated[
        Action | None,
        typer.Argument(help="prune: delete models that nothing needs. Default: list them.", show_default=False),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="A recipe, also one that the settings have lost. Default: all.", show_default=False),
    ] = None,
    keep: Annotated[int, typer.Option(min=0, help="How many of each recipe's newest models stay.")] = KEEP,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON. With prune, deletes nothing without --yes.")
    ] = False,
) -> None:
    """Show every custom model with its run, verdict and age, and why it stays; `prune` deletes the others.

    What an alias names, an endpoint serves, or a run, a lease or a decision needs always stays.
    """
    on = target(context)
    if yes and action is None:
        raise BadRequest(f"--yes confirms a deletion; to delete models: {on.command('models', 'prune', '--yes')}")
    answers = _all(on, recipe, keep)
    found = [(answer, list(map(_model, answer["models"]))) for answer in answers]
    free = {str(answer["recipe"]): [each.arn for each in stored if not each.needed] for answer, stored in found}
    count = sum(map(len, free.values()))
    if not as_json:
        for answer, stored in found:
            _show(str(answer["recipe"]), stored, Decimal(answer["storage_usd"]))
        echo("{} of {} models may be deleted", count, sum(len(stored) for _, stored in found))
    deleted: list[str] = []
    left: list[dict[str, str]] = []
    if action is Action.PRUNE and count:
        if not yes and not as_json:
            confirm("Delete {} models of {}? They cannot be restored", count, on.environment)
        if yes or not as_json:
            deleted, left = _delete(on, free, keep)
    if as_json:
        write_json(document("models", _output(on, found, deleted, left)))
    elif action is Action.PRUNE:
        _told(deleted, left)
    if left:
        raise typer.Exit(ExitCode.FINDINGS)


def _all(on: Target, recipe: str | None, keep: int) -> list[Mapping[str, Any]]:
    """Returns the function's answer for each recipe; also for recipes that have models and left the settings."""
    if recipe:
        return [on.account.decide("models", {"recipe": recipe, "keep": keep})]
    asked, answers = list(on.recipes), []
    for name in asked:  # grows
        answer = on.account.decide("models", {"recipe": name, "keep": keep})
        answers.append(answer)
        asked.extend(other for other in answer["recipes"] if other not in asked)
    return answers


def _delete(on: Target, free: Mapping[str, Sequence[str]], keep: int) -> tuple[list[str], list[dict[str, str]]]:
    """Returns the ARNs that were deleted, and those that were not, with the reason."""
    deleted: list[str] = []
    left: list[dict[str, str]] = []
    for recipe, arns in free.items():
        if arns:
            answer = on.account.decide("models", {"recipe": recipe, "keep": keep, "delete": arns})
            deleted.extend(answer["deleted"])
            left.extend(answer["left"])
    return deleted, left


def _model(wire: Any) -> StoredModel:
    return from_wire(StoredModel, wire)


def _show(recipe: str, stored: Sequence[StoredModel], usd: Decimal) -> None:
    what = "1 model" if len(stored) == 1 else f"{len(stored)} models"
    echo("[bold]{}[/bold]  {}, ${} of storage a month", recipe, what, usd * len(stored))
    for each in stored:
        ended = ", ".join(filter(None, (each.outcome, each.verdict and f"verdict {each.verdict}"))) or "run unknown"
        echo("  {}  {} days  {}", each.run or each.name, each.age_days(clock.now()), ended)
        echo("    [dim]{}[/dim]", each.arn)
        if each.needed:
            echo("    stays: {}", each.needed)
        else:
            echo("    [yellow]nothing needs it[/yellow]")


def _told(deleted: Sequence[str], left: Sequence[Mapping[str, str]]) -> None:
    for arn in deleted:
        echo("deleted {}", arn)
    for each in left:
        echo("[yellow]left[/yellow] {}: {}", each["arn"], each["why"])


def _output(
    on: Target,
    found: Sequence[tuple[Mapping[str, Any], Sequence[StoredModel]]],
    deleted: list[str],
    left: list[dict[str, str]],
) -> ModelsOutput:
    return ModelsOutput(
        environment=on.environment,
        recipes=[
            RecipeModels(
                recipe=str(answer["recipe"]),
                models=list(answer["models"]),
                usd_per_month=Decimal(answer["storage_usd"]) * len(stored),
            )
            for answer, stored in found
        ],
        deleted=deleted,
        left=left,
    )
