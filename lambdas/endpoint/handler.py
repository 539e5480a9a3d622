"""The doors of the endpoint stage."""

from collections.abc import Mapping
from typing import Any

from lambdas.endpoint.candidate import Candidate
from lambdas.endpoint.sweep import Sweep
from lambdas.shared.boundary import boundary
from lambdas.shared.errors import BadRequest
from lambdas.shared.hosting import hosting_by_mode
from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.table import Table
from lambdas.shared.names import Names
from lambdas.shared.road import Endpoint, Run, Student
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import from_wire, to_wire


@boundary()
def step(event: Mapping[str, Any], _context: object) -> Any:
    """One step of the state machine: create, describe or release."""
    road = event["road"]
    run = from_wire(Run, road["run"])
    hosting = hosting_by_mode()[run.recipe.hosting]
    candidate = Candidate(run, Names(read(Variable.ENVIRONMENT)), hosting, Ledger(Table(read(Variable.LEDGER))))
    match event["step"]:
        case "create":
            return to_wire(candidate.create(from_wire(Student, road["student"])))
        case "describe":
            return {"status": candidate.describe(from_wire(Endpoint, road["candidate"]))}
        case "release":
            return {"released": candidate.release()}
        case other:
            raise BadRequest(f"the endpoint stage has no step {other!r}; it has create, describe and release")


@boundary()
def sweep(_event: object, _context: object) -> Any:
    """Called when an execution ends badly, and every quarter of an hour; what it does never depends on the event."""
    return Sweep.of_environment().run()
