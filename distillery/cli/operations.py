"""`distillery stop` and `resume`: end a run that is active, and continue one that failed or was stopped."""

from typing import Annotated, Any

import typer

from distillery.cli.outputs import document
from distillery.cli.run_documents import ResumeOutput, StopOutput
from distillery.cli.target import target
from distillery.cli.terminal import echo, write_json
from distillery.core.pipeline import Outcome


def stop(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run that is active, as `distillery status` lists it.")],
    reason: Annotated[str, typer.Option(help="Why it is stopped. The ledger records the reason.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Stop a run: its job, its candidate and its execution; or its canary. The live model stays.

    What was billed until then stays billed. `distillery resume` continues the run, if its job made a student.
    """
    on = target(context)
    answer = on.account.decide("stop", {"run": run, "reason": reason})
    if as_json:
        told = StopOutput(
            run=run,
            outcome=str(answer["outcome"]),
            by=str(answer["by"]),
            at=str(answer["at"]),
            reason=str(answer["reason"]),
            first=bool(answer["first"]),
            spent_usd=answer["spent_usd"],
            spent=list(answer["spent"]),
            left=list(answer["left"]),
        )
        write_json(document("stop", told))
        return
    echo("{}", _ended(answer))
    if answer["spent"]:
        cost = "unknown" if answer["spent_usd"] is None else f"up to ${answer['spent_usd']}"
        echo("  cost so far: {}: {}", cost, "; ".join(answer["spent"]))
    for left in answer["left"]:
        echo("  left: {}", left)
    verb, what = (
        ("accept", "to try it again") if answer["outcome"] == Outcome.DECLINED else ("resume", "to continue it")
    )
    echo("{}: {}", what, on.command(verb, run, "--reason", "WHY"))


def _ended(answer: Any) -> str:
    """Returns what became of the run."""
    run, outcome = answer["run"], answer["outcome"]
    if not answer["first"]:
        return f"run {run} is {outcome}: {answer['by']} stopped it at {answer['at']}: {answer['reason']}"
    if outcome == Outcome.DECLINED:
        return f"the canary of run {run} is stopped; the live model stays, and its student is declined"
    if outcome == Outcome.STOPPED:
        return f"run {run} is stopped; the live model stays, and the recipe is free"
    return f"what worked on run {run} is stopped; the run is {outcome}"


def resume(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run that failed or was stopped, as `distillery status` lists it.")],
    reason: Annotated[str, typer.Option(help="Why it is resumed. The ledger records the reason.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Resume a run that failed or was stopped, from what was paid for: no student is trained twice.

    Stored answers are reused, and the student goes live if it passes.
    """
    on = target(context)
    answer = on.account.decide("resume", {"run": run, "reason": reason})
    if as_json:
        told = ResumeOutput(
            run=run,
            execution=str(answer["execution"]),
            judge_only=bool(answer["judge_only"]),
            student=str(answer["student"]),
            taken_up=bool(answer["taken_up"]),
        )
        write_json(document("resume", told))
        return
    if answer["taken_up"]:
        echo("the job of run {} made the student {}, which is used", run, answer["student"])
    what = "stored answers are judged" if answer["judge_only"] else "missing answers are requested, then judged"
    follow = on.command("watch", run)
    echo("run {} is resumed: {}; follow it with: {}", run, what, follow)
