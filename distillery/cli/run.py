"""`distillery run`: uploads prompts and starts a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from distillery.cli.documents import RunOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import pasteable
from distillery.cli.offline_check import report_text
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, echo, link, styled, write_line
from distillery.cli.watch import watch_run
from distillery.core.names import UPLOADS_PREFIX

STARTED = ("started", "same")
AWAITING = "awaiting-approval"


def run(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="Name of the recipe in the environment's settings.")],
    file: Annotated[
        Path, typer.Argument(help="Prompts: .jsonl or .jsonl.gz, one conversation a line.", exists=True, dir_okay=False)
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Start a new attempt, even if these prompts produced a student before.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it ends.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on one line; with --wait, the events of watch follow.")
    ] = False,
) -> None:
    """Run the pipeline on a file of prompts: validate, distill, evaluate, and promote the student if it passes."""
    on = target(context)
    answer = start(on, recipe, file, again=again)
    refused = answer["status"] not in (*STARTED, AWAITING)
    if as_json:
        write_line(document("run", _output(on, answer, refused=refused)))
    elif refused:
        refuse(on, answer)
    else:
        echo("{}", upload_summary(on, answer))
    if refused:
        raise typer.Exit(ExitCode.REFUSED)
    if wait:  # a run that waits for an approval is shown once
        watch_run(on, str(answer["run"]), as_json=as_json)


def _output(on: Target, answer: Mapping[str, Any], *, refused: bool) -> RunOutput:
    uri = answer.get("report_uri")
    report = json.loads(on.account.read(str(uri))) if refused and uri else {}
    return RunOutput(
        status=str(answer["status"]),
        run=answer.get("run"),
        reason=pasteable(str(answer.get("reason") or "")),
        report_uri=uri,
        findings=list(report.get("findings", ())),
    )


def start(on: Target, recipe: str, file: Path, *, again: bool) -> dict[str, object]:
    """Uploads the file under a prefix that triggers nothing, and invokes the dataset function with it."""
    on.require_recipe(recipe)
    uri, version = on.account.upload(file, recipe, prefix=UPLOADS_PREFIX)
    functions = on.account.pipeline["functions"]
    payload = {"recipe": recipe, "uri": uri, "version": version, "again": again}
    return dict(on.account.invoke(str(functions["dataset"]), payload))


def upload_summary(on: Target, answer: Mapping[str, object]) -> Text:
    """Returns the result of an upload that started a run, or belongs to one, and the next command."""
    run = str(answer["run"])
    if answer["status"] == "started":
        return styled("run [bold]{}[/bold] has started; follow it with: {}", run, on.command("watch", run))
    if answer["status"] == AWAITING:
        return styled("run [bold]{}[/bold] waits for an approval: {}", run, pasteable(str(answer["reason"])))
    return styled(
        "these prompts already have run [bold]{}[/bold]; show it with: {}, or use --again for a new attempt",
        run,
        on.command("status"),
    )


def refuse(on: Target, answer: Mapping[str, object]) -> None:
    """Prints why an upload started nothing, with the findings."""
    echo("[red]{}[/red]: {}", answer["status"], pasteable(str(answer["reason"])))
    if answer.get("report_uri"):
        report = json.loads(on.account.read(str(answer["report_uri"])))
        for line in report_text.finding_lines(report):
            echo("  {}", line)
        echo("no run was started. The complete report: {}", link(answer["report_uri"]))
