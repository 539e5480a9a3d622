"""The rows of a report: models with their scores, bars with their outcomes, prompts with their answers.

Scores are from 0 to 1, and their differences from -1 to 1; nothing is rounded here. What is not known is None or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.answers import STANDARD
from distillery.evaluation.contestants import BASE, CONTENDER, LIVE, STUDENT, TEACHER

TRUNCATED_BY = ("max_tokens", "model_context_window_exceeded")
REFUSED_BY = ("refusal", "content_filtered", "guardrail_intervened")


class Unit(StrEnum):
    """What a bar's numbers are."""

    SHARE = "share"
    """A score; 1 is 100 %."""
    POINTS = "points"
    """A difference of scores; 1 is 100 points."""
    MILLISECONDS = "ms"
    USD_PER_THOUSAND = "usd_per_thousand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A confidence interval. None: there is no bound on that side."""

    low: float | None
    high: float | None
    method: str = ""
    level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """The price of a model per million tokens, with its date and source."""

    usd_per_million_input: Decimal
    usd_per_million_output: Decimal
    as_of: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestantRow:
    """A model that was asked, and its results over the held-out prompts.

    Attributes:
        role: `teacher`, `base` (the untrained student), `student`, `live`, or `contender/<catalog id>`.
        value: The mean score; None if nothing was scored.
        scored: Answers with a score.
        missing: Prompts without an answer of this model.
        unscored: Answers without a score, such as those that a judge left out.
        left_out: Prompts left out of this model's comparison because it was trained on them.
        latency_ms: The median latency that the service reported.
        usd: What the answers cost; None where the model has no known price.
    """

    role: str
    model: str
    value: float | None
    scored: int
    asked: int
    interval: Bounds | None = None
    missing: int = 0
    unscored: int = 0
    truncated: int = 0
    refused: int = 0
    left_out: int = 0
    latency_ms: int | None = None
    p95_latency_ms: int | None = None
    usd: Decimal | None = Decimal(0)
    price: PriceRow | None = None

    @property
    def complete(self) -> bool:
        """Whether every prompt has a whole answer of this model with a score."""
        return not (self.missing or self.unscored or self.truncated or self.refused or self.left_out)

    @property
    def usd_per_thousand(self) -> Decimal | None:
        """What a thousand answers cost; None if there was no answer, or the price is not known."""
        answered = self.asked - self.missing
        return self.usd * 1000 / answered if answered and self.usd is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """One condition for passing: a test with a needed and a measured value.

    Attributes:
        name: The recipe's setting.
        needed: The bound that `value` must keep.
        meaning: What the bound is, for people.
        at_most: Whether the bound is an upper one, as of latency and cost.
        against: The role that the student is compared with; empty if with none.
        more_prompts: How many more held-out prompts would probably decide an inconclusive bar.
        golden: Whether it is about the golden set.
    """

    name: str
    needed: float
    value: float | None
    outcome: VerdictOutcome
    meaning: str = ""
    unit: Unit = Unit.SHARE
    at_most: bool = False
    against: str = ""
    interval: Bounds | None = None
    p_value: float | None = None
    more_prompts: int | None = None
    golden: bool = False

    @property
    def passed(self) -> bool:
        return self.outcome is VerdictOutcome.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRow:
    """A model's result on the golden set. No text is shown, because people who upload prompts may read reports.

    Attributes:
        value: The mean score; None if nothing was scored.
        missed: The numbers, from 1, of the prompts on which it has less than the full score.
    """

    role: str
    model: str
    value: float | None
    scored: int
    asked: int
    missed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """The student against another model, on the same prompts.

    Attributes:
        difference: The student's score minus the other's.
        wins: Prompts on which the student scored higher.
        losses: Prompts on which it scored lower.
        mcnemar_p: The two-sided exact p-value; None where prompts are in families or scores are not 0 or 1.
    """

    against: str
    difference: float
    pairs: int
    interval: Bounds | None = None
    wins: int = 0
    losses: int = 0
    mcnemar_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: str
    content: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """What one model answered to one prompt, and its grade.

    Attributes:
        missing: Whether there is no answer. Its score is then the one that the verdict assumed.
        score: None if the answer was not scored.
        reason: Why the score is below 1.
        parts: Scores of what was graded one by one.
    """

    text: str
    stop_reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    latency_ms: int = 0
    latency: str = STANDARD
    missing: bool = False
    score: float | None = None
    reason: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def truncated(self) -> bool:
        return self.stop_reason in TRUNCATED_BY

    @property
    def refused(self) -> bool:
        return self.stop_reason in REFUSED_BY


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """A held-out prompt in the shape of Converse, with its answers by role.

    Attributes:
        index: The prompt's line in the held-out file, from 0.
        family: What prompts that are no independent observations share; empty if each stands alone.
    """

    index: int
    messages: tuple[Message, ...]
    answers: Mapping[str, AnswerRow]
    system: tuple[Text, ...] = ()
    reference: str | None = None
    family: str = ""

    @property
    def question(self) -> str:
        """The text of the last message."""
        return "".join(block.text for block in self.messages[-1].content) if self.messages else ""


NAMES = {STUDENT: "student", TEACHER: "teacher", BASE: "untrained", LIVE: "live model"}


def name(role: str) -> str:
    """What people call a role: `untrained`, `live model`, or the id of a contender."""
    return NAMES.get(role, role.removeprefix(CONTENDER))


def short_name(role: str) -> str:
    """The same without the provider of a contender: `claude-haiku-5-5`."""
    return name(role).rpartition(".")[2] if role.startswith(CONTENDER) else name(role)
