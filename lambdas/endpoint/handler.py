"""The Lambda handlers of the endpoint stage: the steps `create`, `describe` and `release`, and the sweep."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distillery.core.aws import client
from distillery.core.borrowing import Borrowing
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import RunStopped
from distillery.core.hosting import Hosting, hosting_by_mode
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.stops import check_wanted
from distillery.core.ledger.table import Table
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names, token
from distillery.core.pipeline import Endpoint, EndpointStatus, Run, Stage, Student
from distillery.core.recipe import Recipe
from distillery.core.steps import Event, evaluation_of, product, step_handler
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.endpoint.sweep import Sweep


@dataclass(frozen=True, slots=True)
class Candidate:
    """A short-lived endpoint for a run's student, which exists only while answers are collected.

    Its name derives from the run's id, so it can be found and released from the run alone.

    Attributes:
        evaluation: The execution of an evaluation that a person asked for; empty in the run's own execution.
        may_create: Raises where the endpoint of that name may not be created.
        borrow: Takes or renews the lease of another environment's model, for a run.
    """

    run: Run
    names: Names
    hosting: Hosting
    ledger: Ledger
    leases: Leases
    evaluation: str = ""
    may_create: Callable[[str, Recipe], None] = lambda _name, _recipe: None
    borrow: Callable[[str, str], None] = lambda _model, _run: None

    @property
    def name(self) -> str:
        return self.names.candidate(self.run.id)

    def create(self, student: Student) -> Endpoint:
        """The endpoint, under a lease. A later evaluation has a token of its own: the service would ignore a second
        request with the first one's. Raises RunStopped for a run that a person stops, also meanwhile."""
        check_wanted(self.ledger.run(self.run.id))
        self.ledger.begin(self.run.id, Stage.ENDPOINT)
        self.may_create(self.name, self.run.recipe)
        if student.borrowed:
            self.borrow(student.model_arn, self.run.id)
        asked_by = self.ledger.run(self.run.id).reopened_by if self.evaluation else None
        self.leases.take(self.run.id, owner=asked_by or self.run.id, purpose=f"evaluation of run {self.run.id}")
        endpoint = self.hosting.create(
            name=self.name,
            model_arn=student.model_arn,
            tags={
                TAG_ENVIRONMENT: self.names.environment,
                TAG_RECIPE: self.run.recipe.name,
                TAG_RUN: self.run.id,
            },
            token=token(self.run.id, "candidate", *filter(None, [self.evaluation])),
            recipe=self.run.recipe,
        )
        try:
            check_wanted(self.ledger.run(self.run.id))
        except RunStopped:
            self.leases.end(self.run.id)  # the sweep deletes what has none
            raise
        return endpoint

    def describe(self, endpoint: Endpoint) -> EndpointStatus:
        """The status of the endpoint. Once it is ready, it is the stage's product. Raises EndpointFailed."""
        status = self.hosting.status(self.name)
        if status is EndpointStatus.READY:
            self.ledger.end(self.run.id, Stage.ENDPOINT, endpoint)
        return status

    def release(self) -> bool:
        """Deletes the endpoint; False where there is none. Raises Unfinished while the service still creates it."""
        deleted = self.hosting.delete(self.name)
        self.leases.end(self.run.id)
        return deleted


def _create(event: Event, _context: Any) -> Endpoint:
    return _candidate(event).create(product(event, "student", Student))


def _describe(event: Event, _context: Any) -> dict[str, EndpointStatus]:
    return {"status": _candidate(event).describe(product(event, "candidate", Endpoint))}


def _release(event: Event, _context: Any) -> dict[str, bool]:
    return {"released": _candidate(event).release()}


def _candidate(event: Event) -> Candidate:
    run = product(event, "run", Run)
    names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
    hosting = hosting_by_mode()[run.recipe.hosting]
    ceiling = UnitCeiling.of_environment(names)
    return Candidate(
        run,
        names,
        hosting,
        Ledger(table),
        Leases(table),
        evaluation_of(event),
        may_create=lambda name, recipe: ceiling.check(name, recipe, client("bedrock")),
        borrow=lambda model, run: Borrowing.of_environment().borrow(model, run),
    )


step = step_handler(Stage.ENDPOINT, {"create": _create, "describe": _describe, "release": _release})


@boundary()
def sweep(_event: object, _context: object) -> Any:
    """Runs when an execution fails, and every quarter of an hour. It ignores the event."""
    return Sweep.of_environment().run()
