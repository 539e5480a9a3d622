"""The doors of the promotion stage."""

from collections.abc import Mapping
from typing import Any

from distillery.core.boundary import boundary
from distillery.core.decision import decided
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from lambdas.promotion.close import close
from lambdas.promotion.live import Live
from lambdas.promotion.record import Recorder
from lambdas.promotion.rollback import Asked, Rollback
from lambdas.promotion.target import target


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
