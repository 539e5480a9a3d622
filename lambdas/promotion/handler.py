"""The Lambda handlers of the promotion stage: the steps `promote`, `describe`, `record` and `close`, and roll-back."""

from collections.abc import Mapping
from typing import Any

from distillery.core.aws import ObjectStore
from distillery.core.boundary import boundary
from distillery.core.decisions import handle_decision
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.notices import Notices
from distillery.core.pipeline import Alias, Endpoint, EndpointStatus, Stage
from distillery.core.steps import Event, step_handler
from lambdas.promotion.close import close
from lambdas.promotion.live import LiveEndpoint
from lambdas.promotion.record import Recorder
from lambdas.promotion.rollback import Rollback, RollbackRequest
from lambdas.promotion.system_prompts import SystemPromptStore
from lambdas.promotion.target import target_of


def _promote(event: Event, _context: Any) -> Endpoint:
    ledger = _ledger()
    return _recorder(ledger).promote(target_of(event, ledger))


def _describe(event: Event, _context: Any) -> dict[str, EndpointStatus]:
    return {"status": LiveEndpoint.of_environment().describe(target_of(event, _ledger()))}


def _record(event: Event, _context: Any) -> Alias:
    ledger = _ledger()
    return _recorder(ledger).record(target_of(event, ledger))


def _recorder(ledger: Ledger) -> Recorder:
    return Recorder(LiveEndpoint.of_environment(), ledger, SystemPromptStore(ObjectStore()))


def _close(event: Event, _context: Any) -> dict[str, str]:
    rollbacks = Rollbacks(Table(read(Variable.LEDGER)))
    ending = close(event, _ledger(), rollbacks, Notices(read(Variable.TOPIC)))
    return {"outcome": ending.outcome, "reason": ending.reason}


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))


step = step_handler(Stage.PROMOTION, {"promote": _promote, "describe": _describe, "record": _record, "close": _close})


@boundary()
def rollback(event: Mapping[str, Any], context: object) -> Any:
    """Starts the roll-back of a recipe to its previous model, for `{"recipe": "support", "version": 3}` by the URL."""
    return handle_decision(
        event, context, RollbackRequest, lambda request, by: Rollback.of_environment().start(request, by)
    )
