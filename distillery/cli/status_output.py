"""`distillery status --json`: what each recipe serves and spends, and its runs."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from distillery.cli.live_status import live_status
from distillery.cli.run_documents import BusinessHoursOutput, MonthOutput, RecipeStatus
from distillery.cli.run_outputs import now_output, run_status
from distillery.cli.target import Target
from distillery.core import clock
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire


def recipe_status(on: Target, recipe: str, runs: "list[RunRecord] | Exception") -> RecipeStatus:
    if isinstance(runs, Exception):
        return RecipeStatus(
            recipe=recipe, readable=False, alias=None, month=None, runs=[], acceptances=[], rollbacks=[]
        )
    live = live_status(on, recipe, runs)
    return RecipeStatus(
        recipe=recipe,
        readable=True,
        alias=dict(live.alias) if live.alias else None,
        versions=to_wire(list(live.versions)),
        month=_month(on, recipe, runs),
        runs=[
            replace(run_status(on, record, _uploaders(on, record)), now=now_output(on, record, runs)) for record in runs
        ],
        acceptances=to_wire(list(on.acceptances.of(recipe))),
        rollbacks=to_wire(list(on.rollbacks.of(recipe))),
        canaries=to_wire(list(on.canaries.of(recipe))),
        business_hours=_business_hours(on, recipe),
    )


def _business_hours(on: Target, recipe: str) -> BusinessHoursOutput | None:
    hours, now = on.business_hours(recipe), clock.now()
    if hours is None:
        return None
    return BusinessHoursOutput(
        open=hours.is_open(now), next_change=hours.next_change(now).isoformat(timespec="seconds")
    )


def _uploaders(on: Target, record: RunRecord) -> list[str]:
    return sorted({upload.principal for upload in on.uploads.of(record.run.id) if upload.principal})


def _month(on: Target, recipe: str, runs: Sequence[RunRecord]) -> MonthOutput:
    month, cap = on.ledger.month(recipe, clock.stamp()), on.cap_usd(recipe)
    running = [record for record in runs if record.outcome is Outcome.RUNNING]
    active = {name for record in running for name in (record.run.id, record.latest_execution)}
    active_usd = sum((usd for run, usd in month.runs.items() if run in active), Decimal(0))
    return MonthOutput(
        month=month.name,
        cap_usd=cap,
        reserved_usd=month.reserved,
        active_usd=active_usd,
        ended_usd=month.reserved - active_usd,
        resets=month.resets,
    )
