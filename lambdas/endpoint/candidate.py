"""The candidate: a second, short-lived endpoint of a run's student, made only for the verdict."""

from dataclasses import dataclass

from distillery.core.hosting import Hosting
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names, token
from distillery.core.pipeline import Endpoint, EndpointStatus, Run, Stage, Student


@dataclass(frozen=True, slots=True)
class Candidate:
    """Its name derives from the run's id, so that any path can find and release it from the run alone."""

    run: Run
    names: Names
    hosting: Hosting
    ledger: Ledger

    @property
    def name(self) -> str:
        return self.names.candidate(self.run.id)

    def create(self, student: Student) -> Endpoint:
        self.ledger.begin(self.run.id, Stage.ENDPOINT)
        return self.hosting.create(
            name=self.name,
            model_arn=student.model_arn,
            tags={
                TAG_ENVIRONMENT: self.names.environment,
                TAG_RECIPE: self.run.recipe.name,
                TAG_RUN: self.run.id,
            },
            token=token(self.run.id, "candidate"),
            recipe=self.run.recipe,
        )

    def describe(self, endpoint: Endpoint) -> EndpointStatus:
        """Raises EndpointFailed. The stage's product is an endpoint that answers."""
        status = self.hosting.status(self.name)
        if status is EndpointStatus.READY:
            self.ledger.end(self.run.id, Stage.ENDPOINT, endpoint)
        return status

    def release(self) -> bool:
        """False where there was none. Raises Unfinished while the service still creates it."""
        return self.hosting.delete(self.name)
