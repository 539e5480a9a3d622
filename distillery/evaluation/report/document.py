"""The content of `report.json`, as one frozen dataclass. `wire` reads and writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.report.lineage import AcceptedBy, Lineage, Looks, Method, Training
from distillery.evaluation.report.rows import BarRow, ComparisonRow, ContestantRow, GoldenRow, PromptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Scores by role over some of the prompts, or over one of their fields."""

    name: str
    count: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Scores by `label`, `field` or `grader`."""

    by: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confused:
    """How often a model gave an answer where the reference was another."""

    reference: str
    answer: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """The number of answers after which distilling is cheaper than another model; None if it never is."""

    against: str
    answers: int | None
    saved_per_thousand_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A contestant's score in an earlier run and in this one."""

    role: str
    before: float | None
    now: float | None
    model_before: str = ""
    model_now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """This report against that of an earlier run.

    Attributes:
        shared: Prompts that both runs held out, by their text and reference.
        better: Shared prompts on which this student scores higher than the earlier one.
        worse: Shared prompts on which it scores lower.
    """

    run: str
    outcome: VerdictOutcome
    changes: tuple[Change, ...]
    shared: int = 0
    better: tuple[int, ...] = ()
    worse: tuple[int, ...] = ()
    same_grading: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The report of one verdict.

    Attributes:
        reasons: Why the student did not pass, or what a reader must know, in sentences.
        sentence: The verdict in one sentence.
        exploratory: Whether the verdict is not the confirmatory one, so that only a person may promote by it.
        more_prompts: How many more held-out prompts would decide an inconclusive verdict, if that can be said.
        confusion: By role, the most frequent first.
        once_usd: What the run cost once: training and evaluation.
        golden: The results on the golden set; empty if the run has none.
    """

    run: str
    recipe: str
    measure: str
    outcome: VerdictOutcome
    contestants: tuple[ContestantRow, ...]
    bars: tuple[BarRow, ...]
    prompts: tuple[PromptRow, ...]
    sentence: str = ""
    reasons: tuple[str, ...] = ()
    judged: str = ""
    report_uri: str = ""
    exploratory: bool = False
    more_prompts: int | None = None
    accepted: AcceptedBy | None = None
    comparisons: tuple[ComparisonRow, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    confusion: Mapping[str, tuple[Confused, ...]] = field(default_factory=dict)
    once_usd: Decimal | None = None
    break_even: tuple[BreakEven, ...] = ()
    training: Training | None = None
    lineage: Lineage = field(default_factory=Lineage)
    method: Method = field(default_factory=Method)
    looks: Looks | None = None
    golden: tuple[GoldenRow, ...] = ()
    difference: Difference | None = None

    def contestant(self, role: str) -> ContestantRow | None:
        """The contestant of that role, if it was asked."""
        return next((one for one in self.contestants if one.role == role), None)

    @property
    def ranked(self) -> tuple[ContestantRow, ...]:
        """The best first, those without a score last; ties in the order of the document."""
        return tuple(sorted(self.contestants, key=lambda one: (one.value is None, -(one.value or 0.0))))
