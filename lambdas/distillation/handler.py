"""The doors of the distillation stage.

`step`: the state machine's `check`, `start` (with a task token) and `stop`. `settle`: Bedrock's event `Model
Customization Job State Change`, and everything else as a poll.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Run
from distillery.core.serialization import from_wire, to_wire
from lambdas.distillation.settle import of_event
from lambdas.distillation.steps import STEPS, settler


@boundary()
def step(event: Mapping[str, Any], _context: object) -> Any:
    """One step for the road's run."""
    name = event["step"]
    if name not in STEPS:
        raise BadRequest(f"the distillation stage has no step {name!r}; it has {sorted(STEPS)}")
    run = from_wire(Run, event["road"]["run"])
    return to_wire(STEPS[name](run, _ledger(), event))


@boundary()
def settle(event: Mapping[str, Any], _context: object) -> Any:
    """Tells the runs whose jobs have ended."""
    ledger = _ledger()
    return {"settled": settler(ledger).settle_all(of_event(ledger.waiting(), event))}


def _ledger() -> Ledger:
    return Ledger(Table(read(Variable.LEDGER)))
