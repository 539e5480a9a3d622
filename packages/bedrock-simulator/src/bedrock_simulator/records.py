"""The resources of an account in Bedrock, and finding them by the name or ARN in a request.

Records are frozen; a change of state replaces the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.catalog.models import Model, Profile
from bedrock_simulator.models.student import LazyStudent


@dataclass(frozen=True, slots=True)
class Phase:
    """The status of one of the three stages of a distillation job."""

    status: str = "NotStarted"
    began: datetime | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A customization job.

    Attributes:
        teacher: The teacher's model ID, None for fine-tuning.
        due: When the current phase ends.
        key: The ARN of the custom model's KMS key.
        stage: The index of the current phase in `phases`.
    """

    arn: str
    name: str
    request: Mapping[str, Any]
    base: str
    teacher: str | None
    created: datetime
    changed: datetime
    due: datetime
    key: str | None = None
    status: str = "InProgress"
    stage: int = 0
    phases: tuple[Phase, Phase, Phase] = (Phase(), Phase(), Phase())
    prompts: int = 0
    ended: datetime | None = None
    failure: str | None = None
    model_arn: str | None = None
    loss: float | None = None
    validation_losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomModel:
    """A custom model with the trained text model behind it.

    Attributes:
        request: The request of the job that trained it; for a copy, of the original's job.
        customized: For a copy, when its original was created. A copy has no job of its own.
    """

    arn: str
    name: str
    base: str
    job_arn: str | None
    job_name: str | None
    request: Mapping[str, Any]
    created: datetime
    loss: float
    student: LazyStudent
    validation_losses: tuple[float, ...] = ()
    key: str | None = None
    customized: datetime | None = None


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned Throughput: model units that bill by the hour from `created` until `released`."""

    arn: str
    name: str
    units: int
    model_arn: str
    desired_arn: str
    base: str
    created: datetime
    changed: datetime
    due: datetime | None
    status: str = "Creating"
    commitment: str | None = None
    failure: str | None = None
    released: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """An on-demand custom model deployment; `desired_arn` is set during and after an update."""

    arn: str
    name: str
    model_arn: str
    created: datetime
    changed: datetime
    due: datetime | None
    status: str = "Creating"
    description: str | None = None
    desired_arn: str | None = None
    update: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class CopyJob:
    """A job that copies `model` into this Region; `target_arn` is the copy's ARN."""

    arn: str
    model: CustomModel
    target_arn: str
    target_name: str
    created: datetime
    due: datetime
    status: str = "InProgress"
    key: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A batch inference job; `model` is the ID of the resolved model, and `due` is when the current status ends."""

    arn: str
    name: str
    request: Mapping[str, Any]
    model: str
    created: datetime
    changed: datetime
    due: datetime
    expires: datetime
    status: str = "Submitted"
    total: int = 0
    processed: int = 0
    failed: int = 0
    ended: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """An evaluation job; `due` is when the current status ends."""

    arn: str
    name: str
    request: Mapping[str, Any]
    created: datetime
    changed: datetime
    due: datetime
    status: str = "InProgress"
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationProfile:
    """An application inference profile; `source` is the ID of a model or of a system-defined profile."""

    arn: str
    id: str
    name: str
    source: str
    source_is_profile: bool
    models: tuple[str, ...]
    created: datetime
    description: str | None = None


@dataclass(slots=True)
class RegionResources:
    """All resources of one account in one Region. The engine's lock guards them."""

    account: str
    region: str
    jobs: dict[str, Job] = field(default_factory=dict)
    models: dict[str, CustomModel] = field(default_factory=dict)
    throughputs: dict[str, Throughput] = field(default_factory=dict)
    released: list[Throughput] = field(default_factory=list)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    copies: dict[str, CopyJob] = field(default_factory=dict)
    batches: dict[str, BatchJob] = field(default_factory=dict)
    evaluations: dict[str, EvaluationJob] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, ApplicationProfile] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    replays: dict[str, dict[str, Any]] = field(default_factory=dict)
    logging: dict[str, Any] | None = None  # the `loggingConfig` of PutModelInvocationLoggingConfiguration
    minted: int = 0


def find_custom_model(resources: RegionResources, identifier: str) -> CustomModel:
    """Returns the custom model with that name or ARN. Raises ResourceNotFoundException."""
    for model in resources.models.values():
        if identifier in (model.arn, model.name):
            return model
    raise errors.not_found(f"There is no custom model {identifier} in this account and Region.")


def base_id(model: CustomModel) -> str:
    """The ID of the variant that the model was trained from, such as `amazon.nova-micro-v1:0:128k`."""
    return model.base.rsplit("/", 1)[1]


def find_deployment(resources: RegionResources, identifier: str) -> Deployment:
    """Returns the deployment with that name or ARN. Raises ResourceNotFoundException."""
    for deployment in resources.deployments.values():
        if identifier in (deployment.arn, deployment.name):
            return deployment
    raise errors.not_found(f"There is no custom model deployment {identifier} in this account and Region.")


def find_throughput(resources: RegionResources, identifier: str) -> Throughput:
    """Returns the throughput with that name or ARN. Raises ResourceNotFoundException."""
    for throughput in resources.throughputs.values():
        if identifier in (throughput.arn, throughput.name):
            return throughput
    raise errors.not_found(f"There is no provisioned model {identifier} in this account and Region.")


def find_application_profile(resources: RegionResources, identifier: str) -> ApplicationProfile:
    """Returns the application profile with that ID or ARN. Raises ResourceNotFoundException."""
    for profile in resources.profiles.values():
        if identifier in (profile.arn, profile.id):
            return profile
    raise errors.not_found(f"There is no inference profile {identifier} in this account and Region.")


def find_system_profile(profile_id: str, region: str, today: date) -> tuple[Profile, Model] | None:
    """Returns a system-defined profile that can be called from the Region on that day, with its model."""
    profile, model = supported_models.PROFILES.get(profile_id, (None, None))
    if profile is None or model is None or region not in profile.routes:
        return None
    begins = max(model.first, profile.first or model.first)
    return (profile, model) if begins <= today and not model.ended(today) else None
