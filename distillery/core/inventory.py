"""The resources of an environment in one Region that Bedrock holds and no template contains: endpoints, custom models,
running jobs.

Names begin with the environment's prefix, and tags prove the environment, because another environment of the account
may have a name that begins in the same way. Source: ListProvisionedModelThroughputs, ListCustomModelDeployments,
ListCustomModels, ListModelCustomizationJobs, ListEvaluationJobs, ListTagsForResource (botocore 1.44.5).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from distillery.core.aws import ClientError, client, code
from distillery.core.hosting.hosting import NO_SUCH_API, NOT_FOUND
from distillery.core.hosting_mode import HostingMode
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.pipeline import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

IN_PROGRESS = "InProgress"
FIRST_TERM = {"OneMonth": timedelta(days=28), "SixMonths": timedelta(days=181)}
"""The shortest terms, by `commitmentDuration`: from then on, a first term may have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of the environment. `run` and `recipe` are empty where it has no such tag."""

    arn: str
    name: str
    created: datetime
    status: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def run(self) -> str:
        return self.tags.get(TAG_RUN, "")

    @property
    def recipe(self) -> str:
        return self.tags.get(TAG_RECIPE, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedModel(Resource):
    """An endpoint.

    Attributes:
        mode: How it is billed.
        model_arn: The model that it serves.
        units: Its model units; 0 for a deployment, which bills by the token.
        committed_until: When the current term of its commitment ends; None without one.
        term: How long its commitment is, as the API names it; empty without one.
    """

    mode: HostingMode
    model_arn: str
    units: int = 0
    committed_until: datetime | None = None
    term: str = ""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(arn=self.arn, name=self.name, mode=self.mode)

    def is_committed(self, now: datetime) -> bool:
        """Whether a commitment keeps everybody from deleting it."""
        return self.committed_until is not None and self.committed_until > now

    def is_in_first_term(self, now: datetime) -> bool:
        """Whether the first term of its commitment lasts, in which AWS does not delete it. UNVERIFIED: whether AWS
        deletes it in a later term, into which it is renewed."""
        return self.is_committed(now) and now < self.created + FIRST_TERM.get(self.term, timedelta(0))

    def usd_per_hour(self, unit_price: Decimal | None) -> Decimal | None:
        """What it costs per hour, 0 for a deployment; None if the price of a model unit is unknown.

        Args:
            unit_price: US dollars an hour for one model unit.
        """
        if self.mode is HostingMode.ON_DEMAND:
            return Decimal(0)
        return None if unit_price is None else unit_price * self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModel(Resource):
    """A custom model. Its storage is billed until it is deleted. `base_arn`: the model that it is based on."""

    base_arn: str


class JobKind(StrEnum):
    """The kinds of jobs that a run starts."""

    CUSTOMIZATION = "customization"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob(Resource):
    """A job in progress."""

    kind: JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What an environment holds, each sort in the order of creation."""

    endpoints: tuple[HostedModel, ...] = ()
    models: tuple[CustomModel, ...] = ()
    jobs: tuple[RunningJob, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.endpoints or self.models or self.jobs)

    def hosts_of(self, model_arn: str) -> tuple[HostedModel, ...]:
        """The endpoints that serve a model."""
        return tuple(each for each in self.endpoints if each.model_arn == model_arn)


R = TypeVar("R", bound=Resource)


def take_inventory(names: Names, bedrock: "BedrockClient | None" = None) -> Inventory:
    """Lists what the environment holds in the Region of the client.

    Jobs are listed before models: a job that ends meanwhile is seen as a job, as a model, or as both, and never missed.
    """
    bedrock = bedrock or client("bedrock")
    reader = _Reader(names, bedrock)
    jobs = [*reader.own(reader.customization_jobs()), *reader.own(reader.evaluation_jobs())]
    endpoints = [*reader.own(reader.throughputs()), *reader.own(reader.deployments())]
    return Inventory(jobs=_ordered(jobs), endpoints=_ordered(endpoints), models=_ordered(reader.own(reader.models())))


def take_throughputs(names: Names, bedrock: "BedrockClient | None" = None) -> tuple[HostedModel, ...]:
    """The environment's endpoints that bill by the hour, alone."""
    reader = _Reader(names, bedrock or client("bedrock"))
    return _ordered(reader.own(reader.throughputs()))


def judge_jobs(names: Names, bedrock: "BedrockClient | None" = None) -> tuple[RunningJob, ...]:
    """The environment's evaluation jobs in progress, which judges answer."""
    reader = _Reader(names, bedrock or client("bedrock"))
    prefix = names.judge_prefix
    found = reader.own(reader.evaluation_jobs(prefix.rstrip("-")))  # the API takes no hyphen at the end
    return _ordered(each for each in found if each.name.startswith(prefix))


def _ordered(found: Iterable[R]) -> tuple[R, ...]:
    return tuple(sorted(found, key=lambda each: (each.created, each.arn)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads lists of resources, page by page. A resource that is deleted meanwhile is left out."""

    names: Names
    bedrock: "BedrockClient"

    def own(self, found: Iterable[R]) -> list[R]:
        """Those of the environment, with their tags."""
        named = (each for each in found if each.name.startswith(self.names.prefix))
        tagged = (replace(each, tags=self._tags(each.arn)) for each in named)
        return [each for each in tagged if each.tags.get(TAG_ENVIRONMENT) == self.names.environment]

    def _tags(self, arn: str) -> dict[str, str]:
        try:
            answer = self.bedrock.list_tags_for_resource(resourceARN=arn)
        except ClientError as error:
            if code(error) == NOT_FOUND:
                return {}
            raise
        return {tag["key"]: tag["value"] for tag in answer.get("tags", [])}

    def _items(self, operation: Any, key: str, part: str = "", **filters: str) -> Iterator[Any]:
        """The items of a list; none where the service does not have the operation yet.

        `part` of their names is by default the environment's: not every list accepts a hyphen at the end.
        """
        pages = self.bedrock.get_paginator(operation).paginate(nameContains=part or self.names.environment, **filters)
        try:
            for page in pages:
                yield from page.get(key, [])
        except ClientError as error:
            if code(error) != NO_SUCH_API:
                raise

    def throughputs(self) -> Iterator[HostedModel]:
        for item in self._items("list_provisioned_model_throughputs", "provisionedModelSummaries"):
            yield HostedModel(
                arn=item["provisionedModelArn"],
                name=item["provisionedModelName"],
                created=item["creationTime"],
                status=item["status"],
                mode=HostingMode.PROVISIONED,
                model_arn=item["modelArn"],
                units=item["modelUnits"],
                committed_until=item.get("commitmentExpirationTime"),
                term=item.get("commitmentDuration", ""),
            )

    def deployments(self) -> Iterator[HostedModel]:
        for item in self._items("list_custom_model_deployments", "modelDeploymentSummaries"):
            yield HostedModel(
                arn=item["customModelDeploymentArn"],
                name=item["customModelDeploymentName"],
                created=item["createdAt"],
                status=item["status"],
                mode=HostingMode.ON_DEMAND,
                model_arn=item["modelArn"],
            )

    def models(self) -> Iterator[CustomModel]:
        for item in self._items("list_custom_models", "modelSummaries"):
            yield CustomModel(
                arn=item["modelArn"],
                name=item["modelName"],
                created=item["creationTime"],
                status=item.get("modelStatus", ""),
                base_arn=item["baseModelArn"],
            )

    def customization_jobs(self) -> Iterator[RunningJob]:
        found = self._items("list_model_customization_jobs", "modelCustomizationJobSummaries", statusEquals=IN_PROGRESS)
        return (_job(item, JobKind.CUSTOMIZATION) for item in found)

    def evaluation_jobs(self, part: str = "") -> Iterator[RunningJob]:
        found = self._items("list_evaluation_jobs", "jobSummaries", part, statusEquals=IN_PROGRESS)
        return (_job(item, JobKind.EVALUATION) for item in found)


def _job(item: Any, kind: JobKind) -> RunningJob:
    return RunningJob(
        arn=item["jobArn"], name=item["jobName"], created=item["creationTime"], status=item["status"], kind=kind
    )
