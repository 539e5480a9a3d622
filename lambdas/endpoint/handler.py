"""The doors of the endpoint stage."""

from collections.abc import Mapping
from typing import Any

from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Endpoint, Run, Student
from distillery.core.serialization import from_wire, to_wire
from lambdas.endpoint.candidate import Candidate
from lambdas.endpoint.sweep import Sweep


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
