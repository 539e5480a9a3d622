"""The doors of the promotion stage."""

from collections.abc import Mapping
from typing import Any

from lambdas.promotion.close import close
from lambdas.promotion.live import Live
from lambdas.promotion.record import Recorder
from lambdas.promotion.rollback import Asked, Rollback
from lambdas.promotion.target import target
from lambdas.shared.boundary import boundary
from lambdas.shared.decision import decided
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.rollbacks import Rollbacks
from lambdas.shared.ledger.table import Table
from lambdas.shared.notices import Notices
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import to_wire


@boundary()
def step(event: Mapping[str, Any], _context: object) -> Any:
    """One step of the state machine: promote, describe, record or close."""
    road, ledger = event["road"], Ledger(Table(read(Variable.LEDGER)))
    if event["step"] == "close":
        rollbacks = Rollbacks(Table(read(Variable.LEDGER)))
        ending = close(road, ledger, rollbacks, Notices(read(Variable.TOPIC)))
        return {"outcome": ending.outcome, "reason": ending.reason}
    goal = target(road, ledger)
    live = Live.of_environment()
    match event["step"]:
        case "promote":
            return to_wire(Recorder(live, ledger).promote(goal))
        case "describe":
            return {"status": live.describe(goal)}
        case "record":
            return to_wire(Recorder(live, ledger).record(goal))
        case other:
            raise BadRequest(f"the promotion stage has no step {other!r}; it has promote, describe, record and close")


@boundary()
def rollback(event: Mapping[str, Any], context: object) -> Any:
    """`{"recipe": "support", "version": 3}` by the URL: starts the way back to the previous model."""
    return decided(event, context, Asked, lambda asked, by: Rollback.of_environment().start(asked, by))
