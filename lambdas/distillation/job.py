"""Finds, creates, reads and stops the customization job of a run, by its name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.core import model_ids, names
from distillery.core.aws import ClientError, code
from distillery.core.logs import Operator, metadata_filters
from distillery.core.pipeline import Dataset, Run
from distillery.core.started_jobs import StartedJobs
from lambdas.distillation.preflight import customize_id

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import TagTypeDef, TrainingDataConfigTypeDef

REFUSALS = (
    "AccessDeniedException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "TooManyTagsException",
    "ValidationException",
)
"""Errors of CreateModelCustomizationJob after which no job exists. After any other error an earlier try of the same
request may have succeeded although its response was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """The environment's settings for jobs. `job_role` and `model_key` are ARNs; `restarted`: the first job stalled."""

    environment: str
    data_bucket: str
    job_role: str
    model_key: str
    restarted: bool = False

    def job_name(self, run: Run) -> str:
        return names.Names(self.environment).job(run.id, restarted=self.restarted)


class CustomizationJobs(StartedJobs):
    """Customization jobs. A job cannot be deleted, so its name stays taken."""

    def ensure(self, run: Run, settings: JobSettings) -> str:
        """The ARN of the run's job, which is created if it does not exist.

        The idempotency token makes a repeated request harmless. ConflictException means that an earlier request
        succeeded.
        """
        name = settings.job_name(run)
        if found := self.find(name):
            return found["jobArn"]
        try:
            return self._create(run, settings)
        except ClientError as error:
            found = self.find(name) if code(error) == "ConflictException" else None
            if found is None:
                raise
            return found["jobArn"]

    def _create(self, run: Run, settings: JobSettings) -> str:
        recipe, name, tags = run.recipe, settings.job_name(run), _tags(run, settings)
        teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, self._bedrock.meta.region_name)
        return self._bedrock.create_model_customization_job(
            jobName=name,
            customModelName=name,
            roleArn=settings.job_role,
            clientRequestToken=names.token(run.id, "restarted-job" if settings.restarted else "job"),
            baseModelIdentifier=customize_id(recipe.student),
            customizationType="DISTILLATION",
            customModelKmsKeyId=settings.model_key,
            trainingDataConfig=_training_data(run.dataset),
            outputDataConfig={"s3Uri": f"s3://{settings.data_bucket}/{names.JOBS_PREFIX}{run.id}/"},
            customizationConfig={
                "distillationConfig": {
                    "teacherModelConfig": {
                        "teacherModelIdentifier": teacher,
                        "maxResponseLengthForInference": recipe.max_answer_tokens,
                    }
                }
            },
            jobTags=tags,
            customModelTags=tags,
        )["jobArn"]

    def was_refused(self, name: str, error: ClientError) -> bool:
        """Whether the request that ended in this error has certainly created no job."""
        try:
            return code(error) in REFUSALS and self.find(name) is None
        except ClientError:
            return False


def _training_data(dataset: Dataset) -> "TrainingDataConfigTypeDef":
    """Prompts or logs. The API model accepts both at once, the service only one."""
    if dataset.logs is None:
        return {"s3Uri": dataset.uri}
    filters: Any = metadata_filters(dataset.logs.match, Operator.AND)
    return {
        "invocationLogsConfig": {
            "usePromptResponse": dataset.logs.use_responses,
            "invocationLogSource": {"s3Uri": dataset.logs.uri},
            "requestMetadataFilters": filters,
        }
    }


def _tags(run: Run, settings: JobSettings) -> "list[TagTypeDef]":
    ours = {names.TAG_ENVIRONMENT: settings.environment, names.TAG_RECIPE: run.recipe.name, names.TAG_RUN: run.id}
    return [{"key": key, "value": value} for key, value in {**run.recipe.tags, **ours}.items()]
