"""The record of a run: the evidence for its verdict, as the predicate of an in-toto statement.

The attestation framework drafts a predicate for evaluation results of models, which has a score for each metric. This
one also says with which interval, from how many of the prompts that were asked, and how many independent clusters they
were.

Every number that is not a count is a Decimal, which is a text in JSON: a float may be written in several ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from distillery.core.judging import VerdictOutcome
from distillery.core.names import digest
from distillery.core.promotions import Predecessor
from distillery.core.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreInterval:
    """A confidence interval. None: there is no bound on that side."""

    low: Decimal | None
    high: Decimal | None
    level: Decimal
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """US dollars for a million tokens. `as_of`: the day of the price; `source`: the document that has it."""

    usd_per_million_input: Decimal
    usd_per_million_output: Decimal
    as_of: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedModel:
    """A model that was asked. Scores are 0 to 1.

    Attributes:
        role: As in the report: `teacher`, `base`, `student`, `live`, or `contender/<catalog id>`.
        scored: How many of the `asked` prompts have an answer with a score.
        usd: What the answers cost.
    """

    role: str
    model: str
    score: Decimal | None
    scored: int
    asked: int
    interval: ScoreInterval | None = None
    median_latency_ms: int | None = None
    usd: Decimal | None = None
    price: TokenPrice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A condition for passing. `name`: the recipe's setting; `unit`: that of the report's bars."""

    name: str
    needed: Decimal
    measured: Decimal | None
    outcome: VerdictOutcome
    unit: str
    at_most: bool
    against: str = ""
    golden: bool = False
    interval: ScoreInterval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenScore:
    """A model's result on the golden set."""

    role: str
    model: str
    score: Decimal | None
    scored: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The verdict.

    Attributes:
        clusters: How many independent observations the held-out prompts are.
        judging_digest: Digest of graders, thresholds and golden set.
        exploratory: Whether it is not the confirmatory verdict of its candidate.
        judged: ISO 8601.
    """

    outcome: VerdictOutcome
    exploratory: bool
    measure: str
    clusters: int
    judging_digest: str
    judged: str
    models: tuple[EvaluatedModel, ...]
    thresholds: tuple[Threshold, ...]
    golden: tuple[GoldenScore, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the verdict makes a student live by itself."""
        return self.outcome is VerdictOutcome.PASSED and not self.exploratory


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInputs:
    """What determines the student.

    Attributes:
        dataset_digest: SHA-256 of the training and the held-out prompts, as the data set's folder has it.
        job_request: What `job_request` makes of the recipe.
    """

    dataset_digest: str
    prompts: int
    job_request: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The training digest: other settings of judging, hosting or budget do not change it."""
        return digest([self.dataset_digest, self.job_request])


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceStatement:
    """A person's decision to make the student live. `by`: their ARN; `at`: ISO 8601."""

    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRecord:
    """The record.

    Attributes:
        environment: The one that evaluated, in `account` and `region`.
        model_arn: The student in that account: no other one can use it.
        accepted: The decision of a person, if it was one that made the student live.
        keeps_data: Whether the environment keeps its data; None in records that do not say. Only two environments that
            do not may share a model.
        chain: The records of the environments before, the first one first.
        software: What evaluated, by name: `distillery` with its version, `commit` where the deployment names one, and
            what the report lists.
        issued, expires: ISO 8601, in UTC.
    """

    environment: str
    account: str
    region: str
    run: str
    recipe: str
    attempt: int
    model_arn: str
    job_arn: str
    training: TrainingInputs
    training_digest: str
    evaluation: Evaluation
    issued: str
    expires: str
    accepted: AcceptanceStatement | None = None
    keeps_data: bool | None = None
    chain: tuple[Predecessor, ...] = ()
    software: Mapping[str, str] = field(default_factory=dict)


def job_request(recipe: Recipe) -> dict[str, Any]:
    """The part of the customization job's request that is the same in every account, in the API's words.

    A recipe sets no hyperparameters: the service takes its own for distillation (CreateModelCustomizationJob).
    """
    return {
        "baseModelIdentifier": recipe.student,
        "customizationType": "DISTILLATION",
        "teacherModelIdentifier": recipe.teacher,
        "maxResponseLengthForInference": recipe.max_answer_tokens,
    }
