"""The candidate: a second, short-lived endpoint for a run's student, which exists only until the verdict."""

from dataclasses import dataclass

from distillery.core.hosting import Hosting
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names, token
from distillery.core.pipeline import Endpoint, EndpointStatus, Run, Stage, Student


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run's candidate. Its name derives from the run's id, so it can be found and released from the run alone."""

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
        """The status of the endpoint. Once it is ready, it is the stage's product. Raises EndpointFailed."""
        status = self.hosting.status(self.name)
        if status is EndpointStatus.READY:
            self.ledger.end(self.run.id, Stage.ENDPOINT, endpoint)
        return status

    def release(self) -> bool:
        """Deletes the endpoint; False where there is none. Raises Unfinished while the service still creates it."""
        return self.hosting.delete(self.name)
