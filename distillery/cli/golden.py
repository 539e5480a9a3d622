"""`distillery golden`: uploads the golden set of a recipe, as an examiner."""

from pathlib import Path
from typing import Annotated

import typer

from distillery.cli.documents import GoldenOutput
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import echo, link, write_json
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.golden import FILE_NAME, MOST_BYTES
from distillery.core.names import GOLDEN_PREFIX


def golden(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="Name of the recipe in the environment's settings.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="Prompts with the answers that are needed: .jsonl, 500 at most.", exists=True, dir_okay=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Upload a golden set, which every student of the recipe is judged by, whoever uploads its prompts.

    It is checked first, by the settings of this checkout. Runs that start from now on use it.
    """
    on = target(context)
    on.require_recipe(recipe)
    count = check_golden(on.environment, recipe, file)
    uri, version = on.account.upload(file, recipe, prefix=GOLDEN_PREFIX)
    if as_json:
        uploaded = GoldenOutput(recipe=recipe, file=file.name, prompts=count, uri=uri, version=version)
        write_json(document("golden", uploaded))
        return
    echo("golden set of recipe {}: {} prompts, {} (version {})", recipe, count, link(uri), version)
    echo(
        "runs that start from now on are judged by it, if the recipe has [bold]golden_set = {}[/bold]", f'"{file.name}"'
    )
    again = on.command("evaluate", "RUN", "--current-settings")
    echo("to judge an earlier student by it: {}", again)


def check_golden(environment: str, recipe: str, file: Path) -> int:
    """How many prompts the file has. Raises Refused where a run would be refused with it."""
    from distillery.cli.offline_check.checker import golden_of, recipe_run

    if not FILE_NAME.fullmatch(file.name):
        raise BadRequest(
            f"the file is called {quoted(file.name)}; a golden set has a name of letters, digits and . _ - that ends "
            "in .jsonl: rename it"
        )
    run = recipe_run(environment, recipe)
    needed = run.recipe.golden_set
    if needed and file.name != needed:
        raise BadRequest(
            f"the file is called {quoted(file.name)}, and recipe {recipe!r} has golden_set = {needed!r}; runs read "
            "only that name: rename the file, or change the setting and deploy"
        )
    with file.open("rb") as body:
        return golden_of(body.read(MOST_BYTES + 1), run.recipe, file).pinned.prompts
