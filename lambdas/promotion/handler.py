"""The Lambda handlers of the promotion stage: the steps `follow_up`, `keep_prompt`, `promote`, `describe`, `record`,
`pause`, `delete` and `close`, and the decisions to roll back and to accept a student.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.aliases import Aliases
from distillery.core.aws import ObjectStore
from distillery.core.borrowing import Borrowing
from distillery.core.boundary import boundary
from distillery.core.broken_promotions import BrokenPromotions
from distillery.core.decisions import handle_decision
from distillery.core.env_vars import Variable, is_given, read
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Alias, Endpoint, EndpointStatus, Stage
from distillery.core.signed_record import SignedRecord, publish
from distillery.core.standings import Standings
from distillery.core.steps import Event, product, state_of, step_handler
from lambdas.promotion.acceptance import AcceptanceDecider, AcceptanceRequest
from lambdas.promotion.business_hours import BusinessHoursChanger
from lambdas.promotion.close import close
from lambdas.promotion.live import LiveEndpoint
from lambdas.promotion.record import Recorder
from lambdas.promotion.rollback import Rollback, RollbackRequest
from lambdas.promotion.system_prompts import SystemPromptStore
from lambdas.promotion.target import (
    FollowUp,
    PromotionTarget,
    canary_prompt,
    following,
    is_hours_change,
    is_opening,
    target_of,
)


def _follow_up(event: Event, _context: Any) -> FollowUp:
    table = Table(read(Variable.LEDGER))
    return following(event, Ledger(table), Canaries(table))


def _keep_prompt(event: Event, _context: Any) -> dict[str, bool]:
    """Stores the system prompt of a canary's student where callers read it, before they may call it."""
    table = Table(read(Variable.LEDGER))
    learned = canary_prompt(event, Ledger(table), Canaries(table))
    SystemPromptStore(ObjectStore()).keep(learned.system, learned.learned)
    return {"kept": True}


def _promote(event: Event, _context: Any) -> Endpoint:
    if is_opening(event):
        return _business_hours().open(event)
    return _recorder().promote(_target(event))


def _describe(event: Event, _context: Any) -> dict[str, EndpointStatus]:
    return {"status": LiveEndpoint.of_environment().describe(_target(event))}


def _record(event: Event, _context: Any) -> Alias:
    signed = product(event, "signed", SignedRecord) if "signed" in state_of(event) else None
    return _recorder().record(_target(event), signed)


def _pause(event: Event, _context: Any) -> Alias:
    return _business_hours().pause(event)


def _delete(event: Event, _context: Any) -> dict[str, bool]:
    return {"deleted": _business_hours().delete(event)}


def _business_hours() -> BusinessHoursChanger:
    table = Table(read(Variable.LEDGER))
    return BusinessHoursChanger(
        LiveEndpoint.of_environment(),
        Ledger(table),
        HoursChanges(table),
        Leases(table),
        Notices(read(Variable.TOPIC)),
        AliasWrites(table),
    )


def _target(event: Event) -> PromotionTarget:
    if is_opening(event):
        return _business_hours().opening(event)
    table = Table(read(Variable.LEDGER))
    return target_of(event, Ledger(table), Acceptances(table), Rollbacks(table), Canaries(table))


def _recorder() -> Recorder:
    table = Table(read(Variable.LEDGER))
    return Recorder(
        LiveEndpoint.of_environment(),
        Ledger(table),
        SystemPromptStore(ObjectStore()),
        AliasHistory(table),
        HoursChanges(table),
        AliasWrites(table),
        lambda model, run: Borrowing.of_environment().borrow(model, run),
        lambda signed: publish(ObjectStore(), signed),
        Standings(ObjectStore(), read(Variable.DATA_BUCKET)) if is_given(Variable.DATA_BUCKET) else None,
    )


def _close(event: Event, _context: Any) -> dict[str, str]:
    if is_hours_change(event):
        return _business_hours().close(event)
    table = Table(read(Variable.LEDGER))
    ledger, rollbacks, acceptances = Ledger(table), Rollbacks(table), Acceptances(table)
    broken = BrokenPromotions(
        Names(read(Variable.ENVIRONMENT)),
        hosting_by_mode(),
        Aliases(),
        ledger,
        AliasHistory(table),
        acceptances,
        rollbacks,
    )
    ending = close(event, ledger, rollbacks, acceptances, Notices(read(Variable.TOPIC)), broken.examine)
    return {"outcome": ending.outcome, "reason": ending.reason}


step = step_handler(
    Stage.PROMOTION,
    {
        "follow_up": _follow_up,
        "keep_prompt": _keep_prompt,
        "promote": _promote,
        "describe": _describe,
        "record": _record,
        "pause": _pause,
        "delete": _delete,
        "close": _close,
    },
)


@boundary()
def rollback(event: Mapping[str, Any], context: object) -> Any:
    """Starts the roll-back of a recipe to an earlier model, for a `RollbackRequest` by the URL."""
    return handle_decision(
        event, context, RollbackRequest, lambda request, by: Rollback.of_environment().start(request, by)
    )


@boundary()
def accept(event: Mapping[str, Any], context: object) -> Any:
    """Accepts or declines a run's student, for an `AcceptanceRequest` by the URL."""
    return handle_decision(
        event, context, AcceptanceRequest, lambda request, by: AcceptanceDecider.of_environment().decide(request, by)
    )
