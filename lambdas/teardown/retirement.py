"""Deletes what an environment that keeps no data has in Bedrock, before CloudFormation deletes its stacks.

The order is that of need: executions make jobs and endpoints, endpoints host models, and an alias names an endpoint
until that is gone. Each pass begins with what is there, so a pass that was killed is continued by the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.errors import EndpointChanging, StillBilling
from distillery.core.hosting import hosting_by_mode
from distillery.core.inventory import CustomModel, HostedModel, JobKind, RunningJob, take_inventory
from distillery.core.models import delete_model
from distillery.core.started_jobs import stop_evaluation_job
from lambdas.teardown.remaining import Environment, Remaining

log = get_logger(__name__)
GONE = frozenset({"ExecutionDoesNotExist", "ResourceNotFoundException"})
LATER = GONE | {"ConflictException", "ValidationException"}
"""Codes of a stop that the next pass tries again: a job that begins or ends is not stopped."""


@dataclass(frozen=True, slots=True)
class EnvironmentRetirement:
    """Deletes everything that is left, in passes."""

    environment: Environment

    def advance(self) -> bool:
        """One pass. True if it found nothing left to delete; else the next pass continues after a while.

        Raises:
            StillBilling: Something has a commitment, or another environment has a lease of a model. Then nothing is
                deleted, because the environment has to stay.
        """
        remaining = self.environment.remaining()
        check_deletable(self.environment, remaining)
        if remaining.runs:
            for execution in self.environment.running():
                self._stop(execution)
            return False  # a function that an execution has invoked goes on for up to 15 minutes
        held = remaining.inventory
        for job in held.jobs:
            self.stop_job(job)
        for endpoint in held.endpoints:
            self.release_endpoint(endpoint)
        if held.jobs or held.endpoints:
            return False
        self.environment.end_shares()
        for model in held.models:
            self.delete_model(model)
        if held.models:
            return False
        for recipe in remaining.aliases:
            self._delete_alias(recipe)
        if not take_inventory(self.environment.names, self.environment.bedrock).is_empty:
            return False
        self.environment.end_leases()
        self.environment.parameters.delete()
        return True

    def _stop(self, execution: str) -> None:
        _tolerating(GONE, lambda: self.environment.executions.stop_execution(executionArn=execution))

    def stop_job(self, job: RunningJob) -> None:
        bedrock = self.environment.bedrock
        if job.kind is JobKind.CUSTOMIZATION:
            _tolerating(LATER, lambda: bedrock.stop_model_customization_job(jobIdentifier=job.arn))
        else:
            stop_evaluation_job(bedrock, job.arn)

    def release_endpoint(self, endpoint: HostedModel) -> bool:
        """False where the service refuses for now."""
        try:
            hosting_by_mode(self.environment.bedrock)[endpoint.mode].delete(endpoint.name)
        except EndpointChanging as changing:
            log.info("%s", changing)
            return False
        return True

    def delete_model(self, model: CustomModel) -> bool:
        """False where the service refuses for now."""
        if refused := delete_model(self.environment.bedrock, model.arn):
            log.info("left to the next pass: %s", refused)
        return not refused

    def _delete_alias(self, recipe: str) -> None:
        Aliases(self.environment.ssm).delete(self.environment.names.alias(recipe))


def check_deletable(environment: Environment, remaining: Remaining) -> None:
    """Raises StillBilling where something cannot be deleted before its term ends, or may not, because another
    environment uses it."""
    now = clock.now()
    if remaining.committed(now):
        raise StillBilling(
            f"environment {environment.names.environment!r} has Provisioned Throughput under a commitment, and nothing "
            f"was deleted: {environment.describe(remaining)}"
        )
    if remaining.leased(now):
        raise StillBilling(
            f"environment {environment.names.environment!r} has models that other environments use, and nothing was "
            f"deleted: {environment.describe(remaining)}"
        )


def _tolerating(codes: frozenset[str], call: Callable[[], object]) -> None:
    try:
        call()
    except ClientError as error:
        if code(error) not in codes:
            raise
        log.info("left to the next pass: %s", code(error))
