"""The products that the stages pass on. They are references only, far below the 32 KB that a state may add.

dataset → Run(dataset) → distillation → Student → endpoint → Endpoint → evaluation → Verdict → promotion → Alias
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from distillery.core.golden import GoldenSet
from distillery.core.hosting_mode import HostingMode
from distillery.core.judging import VerdictOutcome
from distillery.core.logs import InvocationLogs
from distillery.core.names import digest
from distillery.core.recipe import Recipe
from distillery.core.system_prompt import SystemPrompt


class Stage(StrEnum):
    """The stages in their order, named like their folders. `serving` is not part of a run."""

    DATASET = "dataset"
    DISTILLATION = "distillation"
    ENDPOINT = "endpoint"
    EVALUATION = "evaluation"
    PROMOTION = "promotion"


class Outcome(StrEnum):
    """How a run ended, or what it waits for.

    REJECTED: the student did not pass. INCONCLUSIVE: nothing was decided. FAILED: something broke. DECLINED: somebody
    declined its cost or its student. STOPPED: somebody stopped it. AWAITING_ACCEPTANCE: the execution has ended, and a
    person decides about the student. CANARY: the execution has ended, and the student takes a share of the traffic.
    """

    AWAITING = "awaiting-approval"
    DECLINED = "declined"
    RUNNING = "running"
    PROMOTED = "promoted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    AWAITING_ACCEPTANCE = "awaiting-acceptance"
    CANARY = "canary"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Validated prompts, addressed by their content. Tokens are estimated by script (`core.tokens`).

    Attributes:
        at_most_usd: The worst case of `estimate_usd`, which is compared with the budget.
        detectable_difference: The difference between two scores, 0 to 1, that the held-out prompts detect; None if they
            detect none, or if it is not known: in old ledgers, and of logs that the job reads itself.
        families_uri: A JSON list with the family of each held-out prompt that is asked: those that share one are no
            independent observations. Empty if each stands alone, and in old ledgers.
        system: The system prompts of the training prompts; None where they are not known: in old ledgers.
        golden: The golden set that the student must also answer, if the recipe names one.
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
    at_most_usd: Decimal = Decimal(0)  # missing in old ledgers; then only a new estimate is approved
    put_aside: int = 0  # bad lines that were quarantined
    families_uri: str = ""
    detectable_difference: Decimal | None = None
    logs: InvocationLogs | None = None  # the job reads these instead of `uri`, which is then empty
    system: SystemPrompt | None = None
    golden: GoldenSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a recipe: recipe, data set and attempt. Names and tokens of its resources derive from `id`.

    Attributes:
        approved_usd: The worst case that somebody approved, above the budget.
    """

    id: str
    recipe: Recipe
    dataset: Dataset
    attempt: int
    approved_usd: Decimal | None = None

    @property
    def judging_digest(self) -> str:
        """Digest of graders, bars and golden set. A judgement by others is exploratory."""
        golden = self.dataset.golden
        return digest([self.recipe.judging_digest, golden.sha256]) if golden else self.recipe.judging_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student. `borrowed`: whether it is a model of another environment, which this one uses under a lease.
    `job_arn`: the job that made it, also where that ran elsewhere."""

    model_arn: str
    job_arn: str
    borrowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A hosted custom model. `arn` is that of a deployment or of Provisioned Throughput."""

    arn: str
    name: str
    mode: HostingMode


class EndpointStatus(StrEnum):
    """Whether an endpoint may be called, for both hosting modes (Creating, Active, InService, Updating, Failed in the
    API)."""

    PENDING = "pending"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The prompts [start, stop), which one invocation answers, or several if quotas are small.

    Attributes:
        pause: Seconds before its first request.
        golden: Of chunks of a golden set, the beginning of its SHA-256. Their prompts follow the held-out ones.
    """

    index: int
    start: int
    stop: int
    pause: int = 0
    golden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One contender's result over the held-out prompts.

    Attributes:
        value: The mean grade, 0 to 1.
        latency_ms: The median latency that the service reported.
        usd: What the answers cost; None where the model has no known price.
        scored: How many of the `asked` prompts have an answer with a score.
    """

    model: str
    value: float
    latency_ms: int
    usd: Decimal | None
    scored: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of an evaluation.

    Attributes:
        passed: Whether `outcome` is `passed` and the verdict is not exploratory. Verdicts of old ledgers have no
            outcome.
        measure: What the scores are: `accuracy`, `word F1`, …, or `agreement with the teacher`.
        sentence: The verdict for people.
        live: The score of the live model, if there was one.
        contenders: The scores of the recipe's contenders, by catalog id.
        more_prompts: How many more held-out prompts would decide an inconclusive verdict, if that can be said.
        exploratory: Why it promotes no student by itself; empty for the one confirmatory verdict of a candidate.
        look: The execution that judged; empty in old ledgers, where it is that of the run.
        golden: The scores on the golden set by role, if the run has one.
    """

    passed: bool
    measure: str
    teacher: Score
    base: Score
    student: Score
    reasons: tuple[str, ...]
    report_uri: str
    outcome: VerdictOutcome | None = None
    sentence: str = ""
    live: Score | None = None
    contenders: Mapping[str, Score] = field(default_factory=dict)
    more_prompts: int | None = None
    exploratory: str = ""
    look: str = ""
    golden: Mapping[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why nothing serves: the recipe's business hours. `since`, `until`: ISO 8601."""

    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A second endpoint, which takes a share of the calls of a recipe's route (`distillery/client/canary.py`).

    Attributes:
        endpoint: Its endpoint.
        model: ARN of its model.
        run: The run that made the model.
        share: Share of the callers' keys, and of the calls without a key: above 0, below 1.
        salt: What the hash of a key begins with: the name of the canary.
        begun, end: ISO 8601. From `end` on it takes no call, whether or not somebody removes it.
        system: The system prompt that its model was trained with; None where it is not known.
    """

    endpoint: Endpoint
    model: str
    run: str
    share: float
    salt: str
    begun: str
    end: str
    system: SystemPrompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What a recipe's live endpoint serves. `previous` is a model: a roll-back points the same endpoint to it.

    Attributes:
        paused: Set outside of business hours. Then `endpoint` is the one that served, which is deleted, and the version
            stays: what is live after the pause is the same.
        system, previous_system: The system prompts that the two models were trained with; None where they are not
            known: of models that were promoted before they were stored.
        canary: The canary that takes a share of the calls, perhaps one that is over. What makes another model live,
            and a pause, ends it.
    """

    recipe: str
    version: int
    endpoint: Endpoint
    region: str
    base: str  # catalog key of the student before training
    current: str  # model ARN
    previous: str | None
    run: str
    changed: str  # ISO 8601
    system: SystemPrompt | None = None
    previous_system: SystemPrompt | None = None
    paused: Pause | None = None
    canary: Canary | None = None

    @property
    def serving_arn(self) -> str | None:
        """The ARN of the endpoint; None while the alias is paused."""
        return None if self.paused else self.endpoint.arn
