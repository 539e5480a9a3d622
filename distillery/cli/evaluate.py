"""`distillery evaluate`: requests the answers that a run's evaluation lacks, and starts a new verdict."""

from typing import Annotated

import typer

from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import echo, write_json


def evaluate(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(help="A run that has ended and has a student, as `distillery status` lists it.")
    ],
    judge_only: Annotated[
        bool,
        typer.Option(
            "--judge-only",
            help="Judge the stored answers. The compared models are not invoked, and no endpoint is created.",
        ),
    ] = False,
    current_settings: Annotated[
        bool,
        typer.Option(
            "--current-settings",
            help="Judge by the recipe's current graders and bars. The verdict is exploratory: only a person can make "
            "the student live.",
        ),
    ] = False,
    reason: Annotated[str, typer.Option(help="The reason, which the ledger records.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Evaluate a run's student again, without another job. Stored answers are reused.

    A run that failed after training continues with its evaluation, and its student goes live if it passes.
    """
    on = target(context)
    asked = {"run": run, "judge_only": judge_only, "current_settings": current_settings, "reason": reason}
    answer = on.account.decide("evaluation", asked)
    if as_json:
        write_json(document("evaluate", answer))
        return
    what = "stored answers are judged" if answer["judge_only"] else "missing answers are requested, then judged"
    echo("the evaluation of run {} has started: {}; follow it with: {}", run, what, on.command("watch", run))
