"""`distillery run`: upload prompts and put them on the road."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from distillery.cli.offline_check import text
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, link, say, told
from distillery.cli.watch import see
from distillery.core.names import UPLOADS_PREFIX

ON_THE_ROAD = ("started", "same")
AWAITING = "awaiting-approval"


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
    on = target(context)
    answer = start(on, recipe, file, again=again)
    if answer["status"] not in (*ON_THE_ROAD, AWAITING):
        refuse(on, answer)
    say("{}", sentence(answer))
    if wait:  # a run that waits for an approval is shown as it stands
        see(on, str(answer["run"]))


def start(on: Target, recipe: str, file: Path, *, again: bool) -> dict[str, object]:
    """Uploads the file where nothing triggers on it, and asks the dataset function to take it."""
    on.know(recipe)
    uri, version = on.account.upload(file, recipe, prefix=UPLOADS_PREFIX)
    functions = on.account.pipeline["functions"]
    payload = {"recipe": recipe, "uri": uri, "version": version, "again": again}
    return dict(on.account.invoke(str(functions["dataset"]), payload))


def sentence(answer: Mapping[str, object]) -> Text:
    """What became of an upload that is on the road, and the next thing to do."""
    run = answer["run"]
    if answer["status"] == "started":
        return told("run [bold]{}[/bold] has started; follow it with: distillery watch {}", run, run)
    if answer["status"] == AWAITING:
        return told("run [bold]{}[/bold] waits for an approval: {}", run, answer["reason"])
    return told(
        "these prompts are run [bold]{}[/bold] already; see it with: distillery status, "
        "or say --again for a new attempt",
        run,
    )


def refuse(on: Target, answer: Mapping[str, object]) -> NoReturn:
    """Says why an upload started nothing, shows what was found, and exits with 1."""
    say("[red]{}[/red]: {}", answer["status"], answer["reason"])
    if answer.get("report_uri"):
        report = json.loads(on.account.read(str(answer["report_uri"])))
        for line in text.findings(report):
            say("  {}", line)
        say("nothing was started. The whole report: {}", link(answer["report_uri"]))
    raise typer.Exit(1)
