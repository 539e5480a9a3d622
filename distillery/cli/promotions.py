"""`distillery promotions`: what was promoted to an environment, and what waits."""

import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from distillery.cli.invocation import command
from distillery.cli.outputs import document
from distillery.cli.permissions import is_denied
from distillery.cli.progress import waiting
from distillery.cli.promote_documents import PromotionOutput, PromotionsOutput
from distillery.cli.status import TEMPLATES
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, echo, link, styled, write_json
from distillery.core.errors import BadRequest
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord
from distillery.core.ledger.student_promotion import PromotionState, StudentPromotion, ended_without_student, state_of
from distillery.core.pipeline import Stage
from distillery.core.promotions import VERB, AdmissionRequest
from distillery.core.serialization import to_wire

DIGEST_SHOWN = 12
"""Characters of a record's digest that a line shows."""


class PromotionAction(StrEnum):
    """What to do with a promotion."""

    ABANDON = "abandon"


def promotions(
    context: typer.Context,
    action: Annotated[
        PromotionAction | None,
        typer.Argument(
            metavar="[abandon]",
            help="abandon: give up a promotion that waits for its prompts, or whose run ended without a student.",
        ),
    ] = None,
    promotion: Annotated[
        str | None, typer.Argument(help="The promotion to give up, by its id.", show_default=False)
    ] = None,
    reason: Annotated[str, typer.Option(help="With abandon: why, which the ledger keeps.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the promotions to the environment, the newest first: where each came from, its run, and what it waits for.

    A promotion that waits for its prompts keeps others of its recipe out. If nobody continues it, give it up: its
    record stays used, and another run of the source environment can be promoted.
    """
    on = target(context)
    if action is PromotionAction.ABANDON:
        found = [_abandoned(on, promotion, reason)]
    elif reason:
        raise BadRequest("--reason is for `distillery promotions abandon PROMOTION`; leave it out to list promotions")
    else:
        found = _all(on)
    shown = [(each, on.promotions.run_of(each)) for each in found]
    if as_json:
        listed = [promotion_output(each, run) for each, run in shown]
        write_json(document("promotions", PromotionsOutput(environment=on.environment, promotions=listed)))
        return
    if not shown:
        echo("nothing was promoted to {} yet", on.environment)
    for each, run in shown:
        for line in _lines(on, each, run):
            echo("{}", line)


def _abandoned(on: Target, promotion: str | None, reason: str) -> StudentPromotion:
    if not promotion or not reason:
        raise BadRequest(
            "abandon needs a promotion and --reason: distillery promotions abandon PROMOTION --reason WHY; "
            "`distillery promotions` lists them"
        )
    request = AdmissionRequest(promotion=promotion, reason=reason, abandon=True)
    on.account.decide(VERB, to_wire(request))
    return on.promotions.find(promotion)


def _all(on: Target) -> list[StudentPromotion]:
    """The promotions of the recipes that the caller may read. Raises the error of AWS if those are none."""
    from distillery.client.aws import ClientError

    found: list[StudentPromotion] = []
    denied: list[ClientError] = []
    for recipe in on.recipes:
        try:
            found += on.promotions.of(recipe)
        except ClientError as error:
            if not is_denied(error):
                raise
            denied.append(error)
    if denied and len(denied) == len(on.recipes):
        raise denied[0]
    return sorted(found, key=lambda each: each.opened, reverse=True)


def promotion_output(promotion: StudentPromotion, run: RunRecord | None) -> PromotionOutput:
    """The document of a promotion whose run is `run`."""
    return PromotionOutput(
        promotion=promotion.id,
        recipe=promotion.recipe,
        way=promotion.way,
        state=state_of(promotion, run),
        digest=promotion.record.digest,
        source=promotion.record.environment,
        source_run=promotion.record.run,
        run=promotion.run or None,
        by=promotion.by,
        reason=promotion.reason,
        opened=promotion.opened,
        report_uri=_report(run),
        abandoned_by=promotion.abandoned_by or None,
        abandoned_reason=promotion.abandoned_reason,
    )


def _report(run: RunRecord | None) -> str | None:
    evaluated = run.stages.get(Stage.EVALUATION) if run else None
    uri = evaluated.product.get("report_uri") if evaluated else None
    return None if uri is None else str(uri)


def _lines(on: Target, promotion: StudentPromotion, run: RunRecord | None) -> Iterator[Text]:
    record, state = promotion.record, state_of(promotion, run)
    opened = f"{datetime.fromisoformat(promotion.opened):%Y-%m-%d %H:%M}"
    template = "[yellow]{}[/yellow]" if run is None else TEMPLATES.get(run.outcome, "{}")
    yield styled("[bold]{}[/bold]  {}  {}  {}", promotion.id, styled(template, state), opened, promotion.way)
    digest = record.digest[:DIGEST_SHOWN]
    yield styled("  from run {} of {}, record [dim]{}…[/dim]", record.run, record.environment, digest)
    why = f": {promotion.reason}" if promotion.reason else ""
    yield styled("  asked for by {}{}", promotion.by, why)
    if promotion.run:
        yield styled("  run {}", promotion.run)
    if report := _report(run):
        yield styled("  [dim]report: {}[/dim]", link(report))
    if run is not None and run.outcome in WAITING_OUTCOMES:
        yield styled("  {}", waiting(on, run))
    if state is PromotionState.ADMITTED or (run is not None and not promotion.abandoned and ended_without_student(run)):
        profile = None if on.local else os.environ.get("AWS_PROFILE")
        reached = ("--to-profile", profile) if profile else ()
        words = ("promote", record.run, "--to", on.environment, *reached, "--promotion", promotion.id)
        again = command(*words, environment=record.environment, local=on.local)
        why = "it waits for its prompts; to copy them" if run is None else "to begin another run of it"
        yield styled("  {}, with credentials for {}: {}", why, record.environment, again)
        yield styled("  [dim]a record that was promoted by its s3:// address needs that in place of the run[/dim]")
    if promotion.abandoned:
        yield styled("  given up by {}: {}", promotion.abandoned_by, promotion.abandoned_reason)
