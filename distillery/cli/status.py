"""`distillery status`: what each recipe serves and spends, and its runs."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

import typer

from distillery.cli.canary_status import canary_lines
from distillery.cli.invocation import pasteable
from distillery.cli.live_status import details, heading, live_status
from distillery.cli.outputs import document
from distillery.cli.permissions import BILLING
from distillery.cli.progress import answered, duration, scores, waiting
from distillery.cli.run_documents import StatusOutput
from distillery.cli.run_outputs import now_output
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, echo, link, styled, write_json
from distillery.core import clock
from distillery.core.business_hours import hours_sentence
from distillery.core.ledger.acceptances import Acceptance
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord
from distillery.core.ledger.rollbacks import RollbackRecord
from distillery.core.model_dates import DateKind
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire

TEMPLATES = {
    Outcome.PROMOTED: "[green]{}[/green]",
    Outcome.FAILED: "[red]{}[/red]",
    Outcome.STOPPED: "[yellow]{}[/yellow]",
    Outcome.CANARY: "[cyan]{}[/cyan]",
    Outcome.REJECTED: "[yellow]{}[/yellow]",
    Outcome.INCONCLUSIVE: "[yellow]{}[/yellow]",
    Outcome.AWAITING: "[yellow]{}[/yellow]",
    Outcome.AWAITING_ACCEPTANCE: "[yellow]{}[/yellow]",
    Outcome.RUNNING: "[cyan]{}[/cyan]",
}


def status(
    context: typer.Context,
    recipe: Annotated[str | None, typer.Argument(help="A recipe. Default: all recipes.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what each recipe serves, its spending this month, and its runs, the newest first."""
    on = target(context)
    if recipe is not None:
        on.require_recipe(recipe)
    found = on.runs_by_recipe([recipe] if recipe else on.recipes)
    from distillery.cli.money import billing_lines, billing_of, billing_output

    billing = billing_of(on, found, recipe)
    if as_json:
        from distillery.cli.status_output import recipe_status

        recipes = [recipe_status(on, name, runs) for name, runs in found.items()]
        stored = on.model_dates
        models = to_wire(list(stored.findings)) if stored else []
        everything = StatusOutput(
            environment=on.account.environment,
            recipes=recipes,
            models=models,
            billing=billing_output(billing) if billing else None,
        )
        write_json(document("status", everything))
        return
    for name, runs in found.items():
        _show(on, name, runs)
    for line in (*(billing_lines(billing) if billing else ()), *_model_dates(on)):
        echo("{}", line)
    if billing is None:
        echo("[dim]you may not list what bills now: that needs the policy in output {}[/dim]", BILLING)


def _model_dates(on: Target) -> Iterator[Text]:
    """Yields what the life-cycle watch found about the environment's models."""
    stored = on.model_dates
    if stored is None:
        return
    for finding in stored.findings:
        urgent = finding.kind in (DateKind.ENDED, DateKind.GONE)
        yield styled("[red]model: {}[/red]" if urgent else "[yellow]model: {}[/yellow]", finding.text)
    if more := stored.count - len(stored.findings):
        yield styled("[yellow]{} more findings about models[/yellow]", more)


def _show(on: Target, recipe: str, runs: list[RunRecord] | Exception) -> None:
    """Prints one recipe; for a recipe that the caller may not read, only its name."""
    if isinstance(runs, Exception):
        echo("[bold]{}[/bold]  [dim]you may not read its runs[/dim]", recipe)
        return
    live = live_status(on, recipe, runs)
    echo("[bold]{}[/bold]  {}", recipe, heading(live))
    if hours := on.business_hours(recipe):
        echo("  [dim]business hours: {}[/dim]", hours_sentence(hours, clock.now()))
    for line in details(live, runs):
        echo("{}", line)
    echo("  [dim]{}[/dim]", _spending(on, recipe, runs))
    for record in runs:
        for line in (*_lines(on, record), *_now(on, record, runs), *_uploaded(on, record)):
            echo("{}", line)
    for canary in on.canaries.of(recipe):
        for line in canary_lines(on, canary):
            echo("{}", line)
    for acceptance in on.acceptances.of(recipe):
        for line in _accepted(acceptance):
            echo("{}", line)
    for rollback in on.rollbacks.of(recipe):
        for line in _rolled_back(rollback):
            echo("{}", line)


def _spending(on: Target, recipe: str, runs: Sequence[RunRecord]) -> str:
    """`2026-11 (UTC): $19.40 of $125 reserved, $9.70 by active runs, $9.70 spent at most by runs that ended; …`."""
    month, cap = on.ledger.month(recipe, clock.stamp()), on.cap_usd(recipe)
    running = [record for record in runs if record.outcome is Outcome.RUNNING]
    active = {
        name for record in running for name in (record.run.id, record.latest_execution)
    }  # spending, unlike promotions
    active_usd = sum((usd for run, usd in month.runs.items() if run in active), Decimal(0))
    of = "" if cap is None else f" of ${cap}"
    return (
        f"{month.name} (UTC): ${month.reserved:.2f}{of} reserved, ${active_usd:.2f} by active runs, "
        f"${month.reserved - active_usd:.2f} spent at most by runs that ended; a new month on {month.resets}"
    )


def _lines(on: Target, record: RunRecord) -> Iterator[Text]:
    """A run and, beneath it, what came of it: lines and no table, so that an id stays whole at any width."""
    opened = datetime.fromisoformat(record.opened)
    outcome = styled(TEMPLATES.get(record.outcome, "{}"), record.outcome)
    prompts = record.run.dataset.prompts
    yield styled("  {}  {}  {}  {} prompts", record.run.id, outcome, f"{opened:%Y-%m-%d %H:%M}", prompts)
    if verdict := record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}:
        yield styled("    [dim]{}: {}[/dim]", verdict["measure"], scores(verdict))
        yield styled("    [dim]report: {}[/dim]", link(verdict["report_uri"]))
    elif record.outcome is Outcome.RUNNING and record.answers_planned:
        yield styled("    [dim]evaluation: {}[/dim]", answered(record))
    if record.promotion:
        yield styled("    [dim]{}; where it is from: {}[/dim]", record.promotion, on.command("promotions"))
    if record.promoting:
        yield styled("    [cyan]its student is going live[/cyan]")
    elif reason := waiting(on, record) if record.outcome in WAITING_OUTCOMES else record.reason:
        yield styled("    {}", pasteable(reason))
    yield from _evaluated(record)
    yield from _stopped(on, record)
    for what, who in (("approved", record.approved_by), (str(record.outcome), record.closed_by)):
        if who:
            yield styled("    {} by {}", what, who)


def _now(on: Target, record: RunRecord, runs: Sequence[RunRecord]) -> Iterator[Text]:
    """Yields the stage in progress: how long so far, how long usually, and what the run has cost."""
    now = now_output(on, record, runs)
    if now is None:
        return
    usual = (
        "usual time unknown"
        if now.usual_seconds is None
        else f"usually {duration(timedelta(seconds=now.usual_seconds))} ({now.basis})"
    )
    cost = "cost so far unknown" if now.usd_so_far is None else f"${now.usd_so_far} so far, estimated"
    spent = f"{cost}, ${now.usd_at_most} at most"
    yield styled("    [dim]{} for {}, {}; {}[/dim]", now.stage, duration(timedelta(seconds=now.seconds)), usual, spent)


def _evaluated(record: RunRecord) -> Iterator[Text]:
    """Yields who had the run evaluated again, and the latest exploratory verdict."""
    if record.reopened_by:
        why = f": {record.reopened_reason}" if record.reopened_reason else ""
        yield styled("    evaluated again by {}{}", record.reopened_by, why)
    if verdict := record.exploratory:
        yield styled("    [dim]exploratory, {}: {}[/dim]", verdict["measure"], scores(verdict))
        yield styled("    [dim]report: {}[/dim]", link(verdict["report_uri"]))


def _stopped(on: Target, record: RunRecord) -> Iterator[Text]:
    """Yields what a run had cost when it was stopped, and how it continues."""
    if (stop := record.stop) is None or not record.was_stopped:
        return
    if record.is_active:
        yield styled("    [yellow]{} is stopping it: {}[/yellow]", stop.by, stop.reason)
        return
    cost = "unknown" if stop.spent_usd is None else f"up to ${stop.spent_usd}"
    yield styled("    [dim]cost when it was stopped: {}: {}[/dim]", cost, "; ".join(stop.spent))
    if record.outcome is Outcome.STOPPED:
        yield styled("    to continue it: {}", on.command("resume", record.run.id, "--reason", "WHY"))


def _uploaded(on: Target, record: RunRecord) -> Iterator[Text]:
    """Yields who uploaded the prompts, by unique ids: S3's events contain no names."""
    who = {upload.principal for upload in on.uploads.of(record.run.id)}
    if known := sorted(filter(None, who)):
        yield styled("    uploaded by {}", ", ".join(known))


def _accepted(acceptance: Acceptance) -> Iterator[Text]:
    """Yields an acceptance: like a roll-back, it is shown for ever, beside how its run had ended."""
    opened = datetime.fromisoformat(acceptance.opened)
    outcome = "going live" if acceptance.outcome is Outcome.RUNNING else acceptance.outcome
    yield styled("  {}  {}  {}  run {}", acceptance.holder, outcome, f"{opened:%Y-%m-%d %H:%M}", acceptance.run)
    yield styled("    {}, accepted by {}: {}", acceptance.was, acceptance.by, acceptance.reason)
    if acceptance.outcome is Outcome.FAILED:
        yield styled("    {}", acceptance.ending)


def _rolled_back(record: RollbackRecord) -> Iterator[Text]:
    opened = datetime.fromisoformat(record.opened)
    outcome = "rolling back" if record.outcome is Outcome.RUNNING else record.outcome
    yield styled("  {}  {}  {}  to {}", record.holder, outcome, f"{opened:%Y-%m-%d %H:%M}", record.to)
    if record.outcome is Outcome.FAILED:
        yield styled("    {}", record.reason)
    why = f": {record.why}" if record.why else ""
    yield styled("    asked by {}{}", record.by, why)
