"""What an account owns in Bedrock. Records are frozen; a change of state puts a new one in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bedrock_simulator.models.student import Taught


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the three stages of a distillation job, with its status and when it last changed."""

    status: str = "NotStarted"
    began: datetime | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A customization job. `due` is when its present phase ends; `stage` indexes `phases`.

    `teacher` is the id of the model, None for a fine-tuning; `key` the ARN of the KMS key of the model to come.
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
    """A customized model and the trained text model behind it; `request` is that of its job, also of a copy's original.

    A copy has no job of its own; `customized` is when its original was made.
    """

    arn: str
    name: str
    base: str
    job_arn: str | None
    job_name: str | None
    request: Mapping[str, Any]
    created: datetime
    loss: float
    student: Taught
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
    """An on-demand custom model deployment; `desired_arn` is set while, and after, an update."""

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
    """A model on its way into this Region: `model` is the original, `target_arn` what there is when it arrives."""

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
    """A batch inference job. `model` is the id behind what was named; `due` is when its present status ends."""

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
    """An evaluation job; `due` is when its present status ends."""

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
    """An application inference profile; `source` is the id of a model or of a system profile."""

    arn: str
    id: str
    name: str
    source: str
    source_is_profile: bool
    models: tuple[str, ...]
    created: datetime
    description: str | None = None


@dataclass(slots=True)
class Estate:
    """Everything one account holds in one Region. The engine's lock guards it."""

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
