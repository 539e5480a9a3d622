"""The Lambda handlers of the endpoint stage: the steps `create`, `describe` and `release`, and the sweep."""

from typing import Any

from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Endpoint, EndpointStatus, Run, Stage, Student
from distillery.core.steps import Event, product, step_handler
from lambdas.endpoint.candidate import Candidate
from lambdas.endpoint.sweep import Sweep


def _create(event: Event, _context: Any) -> Endpoint:
    return _candidate(event).create(product(event, "student", Student))


def _describe(event: Event, _context: Any) -> dict[str, EndpointStatus]:
    return {"status": _candidate(event).describe(product(event, "candidate", Endpoint))}


def _release(event: Event, _context: Any) -> dict[str, bool]:
    return {"released": _candidate(event).release()}


def _candidate(event: Event) -> Candidate:
    run = product(event, "run", Run)
    names, ledger = Names(read(Variable.ENVIRONMENT)), Ledger(Table(read(Variable.LEDGER)))
    return Candidate(run, names, hosting_by_mode()[run.recipe.hosting], ledger)


step = step_handler(Stage.ENDPOINT, {"create": _create, "describe": _describe, "release": _release})


@boundary()
def sweep(_event: object, _context: object) -> Any:
    """Runs when an execution fails, and every quarter of an hour. It ignores the event."""
    return Sweep.of_environment().run()
