"""Finds, reads and stops jobs that runs have started: customization jobs by their names, judges' jobs by ARN."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.custom_models import model_status

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import GetModelCustomizationJobResponseTypeDef

MISSING = ("ResourceNotFoundException", "ValidationException")
"""Codes of GetModelCustomizationJob for a name that no job has. UNVERIFIED: which of them the service sends. The second
would otherwise keep every first job from being created; a job that exists is not created twice, as names are unique."""

COMPLETED = "Completed"
UNDER_WAY = ("InProgress", "Stopping")
"""States of a job that has not ended (GetModelCustomizationJob)."""


_EVALUATION_ENDED = ("ConflictException", "ResourceNotFoundException", "ValidationException")
"""Codes of StopEvaluationJob for a job that does not run any more. The service does not say which it returns."""


def stop_evaluation_job(bedrock: "BedrockClient", arn: str) -> bool:
    """Stops a judge's job; False where it has ended."""
    try:
        bedrock.stop_evaluation_job(jobIdentifier=arn)
    except ClientError as error:
        if code(error) not in _EVALUATION_ENDED:
            raise
        return False
    return True


class StartedJobs:
    """Customization jobs that were requested. A job cannot be deleted, so its name stays taken."""

    def __init__(self, bedrock: "BedrockClient", missing: Callable[[], str | None] = lambda: None) -> None:
        """`missing`: the code of a missing job as this account was told at first contact; None if nobody has asked."""
        self._bedrock, self._missing = bedrock, missing

    def find(self, name: str) -> "GetModelCustomizationJobResponseTypeDef | None":
        try:
            return self._bedrock.get_model_customization_job(jobIdentifier=name)
        except ClientError as error:
            if code(error) in MISSING or code(error) == self._missing():
                return None
            raise

    def stop(self, name: str) -> bool:
        """Stops the job if it is in progress. Training until then is billed, and no model results (UG
        model-customization-stop)."""
        found = self.find(name)
        if found is None or found["status"] != "InProgress":
            return False
        try:
            self._bedrock.stop_model_customization_job(jobIdentifier=name)
        except ClientError as error:
            if code(error) not in ("ConflictException", *MISSING):  # it ended meanwhile
                raise
        return True

    def model_status(self, model_arn: str) -> str:
        """Active, Creating or Failed. Raises ClientError where there is no such model."""
        return model_status(self._bedrock, model_arn)
