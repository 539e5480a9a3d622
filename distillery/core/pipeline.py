"""What travels the road, stage by stage. References only: each stays far below the 32 KB that a state may add.

dataset → Run(dataset) → distillation → Student → endpoint → Endpoint → evaluation → Verdict → promotion → Alias
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from distillery.core.catalog import HostingMode
from distillery.core.logs import InvocationLogs
from distillery.core.recipe import Recipe


class Stage(StrEnum):
    """The stages in the order of the road, named as their folders. `serving` is not part of a run."""

    DATASET = "dataset"
    DISTILLATION = "distillation"
    ENDPOINT = "endpoint"
    EVALUATION = "evaluation"
    PROMOTION = "promotion"


class Outcome(StrEnum):
    """How a run ended, or what it waits for. REJECTED: a student came out, and did not pass; FAILED: something broke;
    DECLINED: somebody did not want to pay for it."""

    AWAITING = "awaiting-approval"
    DECLINED = "declined"
    RUNNING = "running"
    PROMOTED = "promoted"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Validated prompts, content-addressed. Tokens are estimates (characters / 4).

    at_most_usd: the worst case of `estimate_usd`, which the budget is held against.
    """

    uri: str
    heldout_uri: str
    report_uri: str
    digest: str
    prompts: int
    heldout: int
    labelled: bool  # whether the held-out prompts have reference answers
    duplicates: int
    tokens: int
    estimate_usd: Decimal
    at_most_usd: Decimal = Decimal(0)  # a ledger of before may not say it; then no sum below a new estimate is approved
    put_aside: int = 0  # bad lines that the recipe keeps out of the way instead of refusing the file
    logs: InvocationLogs | None = None  # the job reads these in place of `uri`, which is empty then


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """(recipe digest, dataset digest, attempt). Execution, job, model, endpoint names and tokens derive from `id`.

    approved_usd: the worst case that somebody approved, above the budget.
    """

    id: str
    recipe: Recipe
    dataset: Dataset
    attempt: int
    approved_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    model_arn: str
    job_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What answers as a custom model: a deployment's or a provisioned model's ARN."""

    arn: str
    name: str
    mode: HostingMode


class EndpointStatus(StrEnum):
    """One vocabulary over both hosting modes (Creating/Active/InService/Updating/Failed in the API)."""

    PENDING = "pending"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Held-out prompts [start, stop) that one invocation answers."""

    index: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One contender over the held-out prompts. latency_ms: median of what the service reported; usd: their cost."""

    model: str
    value: float
    latency_ms: int
    usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """measure: `accuracy` against references, or `agreement with the teacher` where there are none."""

    passed: bool
    measure: str
    teacher: Score
    base: Score
    student: Score
    reasons: tuple[str, ...]
    report_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What a recipe's live endpoint serves. `previous` is a model: rolling back re-points the same endpoint to it."""

    recipe: str
    version: int
    endpoint: Endpoint
    region: str
    base: str  # catalog key of the student before training
    current: str  # model ARN
    previous: str | None
    run: str
    changed: str  # ISO 8601
