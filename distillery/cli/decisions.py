"""`distillery approve`, `accept` and `reject`: decisions, which the ledger records with their authors."""

import json
from decimal import Decimal
from typing import Annotated

import typer

from distillery.cli.documents import AcceptOutput, ApproveOutput, RejectOutput
from distillery.cli.offline_check import report_text
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, write_json
from distillery.core.canary_start import canary_usd
from distillery.core.errors import BadRequest
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome

Waiting = Annotated[str, typer.Argument(help="A run that waits for an approval, as `distillery status` lists it.")]
Undecided = Annotated[
    str, typer.Argument(help="A run that waits for an approval or an acceptance, as `distillery status` lists it.")
]
Evaluated = Annotated[str, typer.Argument(help="A run that has ended with a verdict, as `distillery status` lists it.")]


def approve(
    context: typer.Context,
    run: Waiting,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; needs --yes.")] = False,
) -> None:
    """Start a run that waits because it may cost more than its recipe's budget."""
    if as_json and not yes:
        raise BadRequest("--json asks nothing; confirm with --yes")
    on = target(context)
    record = on.ledger.run(run)
    dataset, recipe = record.run.dataset, record.run.recipe
    for line in () if as_json else _estimate(on, record):
        echo("  {}", line)
    if not yes:
        confirm(
            "Start {} for about ${}, ${} at most? The budget of {} is ${}",
            *(run, dataset.estimate_usd, dataset.at_most_usd, recipe.name, recipe.budget_usd),
        )
    on.account.decide("approval", {"run": run, "approve": True, "usd": str(dataset.at_most_usd)})
    if as_json:
        started = ApproveOutput(
            run=run,
            outcome=Outcome.RUNNING.value,
            estimate_usd=dataset.estimate_usd,
            at_most_usd=dataset.at_most_usd,
        )
        write_json(document("approve", started))
        return
    echo("run {} has started; follow it with: {}", run, on.command("watch", run))


def _estimate(on: Target, record: RunRecord) -> list[str]:
    """Returns the items of the estimate, and what the evaluation can decide.

    Returns nothing if the report's total differs from the run's.
    """
    dataset = record.run.dataset
    report = json.loads(on.account.read(dataset.report_uri))
    same = report.get("estimate", {}).get("total_usd") == str(dataset.estimate_usd)
    return [*report_text.estimate_lines(report), *report_text.evaluation(report)] if same else []


def accept(
    context: typer.Context,
    run: Evaluated,
    reason: Annotated[str, typer.Option(help="Why the student should go live. The ledger keeps it for ever.")],
    replace_newer: Annotated[
        bool,
        typer.Option("--replace-newer", help="Replace the live model, even if it went live after the run's verdict."),
    ] = False,
    without_canary: Annotated[
        bool, typer.Option("--without-canary", help="Make it live at once, although its recipe has a canary.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask to confirm the price of a canary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a run's student live, whatever its verdict. The current model serves until the change is complete.

    Where the recipe has a canary, the student takes a share of the calls first. If its endpoint is billed by the hour,
    the price is shown and confirmed. --without-canary skips that; the ledger keeps it with the reason.
    """
    on = target(context)
    record = on.ledger.run(run)
    usd = Decimal(0) if without_canary else _confirmed_canary(record, yes=yes, as_json=as_json)
    asked = {"run": run, "accept": True, "reason": reason, "seen": record.acceptance, "replace_newer": replace_newer}
    asked |= {"canary_usd": str(usd)} if usd else {}
    asked |= {"without_canary": True} if without_canary else {}
    answer = on.account.decide("acceptance", asked)
    if as_json:
        known = {name: answer.get(name) for name in ("by", "at")}
        told = AcceptOutput(
            run=run,
            outcome=str(answer.get("outcome", Outcome.RUNNING.value)),
            reason=str(answer.get("reason") or reason),
            first=bool(answer["first"]),
            **known,
        )
        write_json(document("accept", told))
        return
    if answer["first"] and on.canaries.open_of(record.run.recipe.name):
        echo("the student of run {} takes a share of the calls first; follow it with: {}", run, on.command("status"))
    elif answer["first"]:
        echo("the student of run {} is going live; follow it with: {}", run, on.command("watch", run))
    else:
        echo("{} accepted run {} at {}: {}", answer["by"], run, answer["at"], answer["reason"])
        echo("nothing else was started; follow it with: {}", on.command("watch", run))


def _confirmed_canary(record: RunRecord, *, yes: bool, as_json: bool) -> Decimal:
    """The confirmed price of the endpoint of the run's canary; 0 where that is billed by the token."""
    options, usd = record.run.recipe.canary, canary_usd(record.run.recipe)
    if options is None or not usd:
        return Decimal(0)
    if as_json and not yes:
        raise BadRequest(f"the canary of run {record.run.id} bills up to ${usd}; confirm that with --yes")
    if not yes:
        confirm(
            "The student takes {} of the calls for {} minutes first. Its second endpoint bills up to ${}. Start it?",
            *(f"{options.share:.0%}", options.minutes, usd),
        )
    return usd


def reject(
    context: typer.Context,
    run: Undecided,
    reason: Annotated[str, typer.Option(help="The reason, which the ledger records.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Close a run that waits because it may cost more than its budget, or decline a student that waits."""
    on = target(context)
    record = on.ledger.run(run)
    if record.has_student:
        on.account.decide("acceptance", {"run": run, "accept": False, "reason": reason})
        done = f"the student of run {run} is declined; the live model stays"
    else:
        usd = str(record.run.dataset.at_most_usd)
        on.account.decide("approval", {"run": run, "approve": False, "usd": usd, "reason": reason})
        done = f"run {run} is declined; you can try its prompts again"
    if record.outcome is Outcome.DECLINED:  # the ledger keeps the first reason
        done = f"run {run} was declined before ({record.reason or 'no reason given'}); nothing has changed"
    if as_json:
        write_json(document("reject", RejectOutput(run=run, outcome=Outcome.DECLINED.value)))
    else:
        echo("{}", done)
