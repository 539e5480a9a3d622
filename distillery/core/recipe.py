"""A recipe: one task to distil, as the environment's settings define it.

A run contains the whole recipe that it started with, so new settings never change a running run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from distillery.core import env_vars
from distillery.core.business_hours import BusinessHours
from distillery.core.canary import CanaryOptions
from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.hosting_mode import HostingMode
from distillery.core.judging import GraderKind, GraderSpec, InconclusivePolicy
from distillery.core.logs import LogSource
from distillery.core.names import digest
from distillery.core.recipe_options import (
    BadLines,
    CommitmentTerm,
    Curation,
    ExpectedTraffic,
    MixedLabels,
    OverBudgetPolicy,
    StalledJobs,
)
from distillery.core.serialization import from_wire, to_wire

MOST_TO_CHOOSE_FROM = 50_000
"""Distinct prompts that curation keeps in memory: 800 MB at their maximum length, within the function's memory."""
SETTINGS_FILE = "recipes.json"
"""The file of the settings layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One task to distil. Shares and scores are 0 to 1."""

    name: str
    teacher: str
    """Catalog id of the model that answers the prompts, such as `amazon.nova-pro-v1:0`."""
    student: str
    """Catalog id of the model that is trained on the answers, such as `amazon.nova-micro-v1:0`."""
    hosting: HostingMode = HostingMode.ON_DEMAND
    """How the student is served: billed by token and free while idle or, with Provisioned Throughput, by the hour."""
    grader: GraderKind = GraderKind.LABEL
    """How an answer is graded, if there are no `graders`."""
    graders: tuple[GraderSpec, ...] = ()
    """Several graders, or one with options: tables [[recipes.support.graders]] of `kind`, `weight` and the options of
    the kind. The score of an answer is their weighted mean. Default: `grader` alone."""
    budget_usd: Decimal = Decimal(25)
    """What one run may cost, in US dollars, at its worst case. `over_budget` says what happens above it."""
    monthly_budget_usd: Decimal | None = None
    """What the runs that begin in one calendar month (UTC) may cost together, in US dollars, each at its worst
    case. Uploads, --again and approvals that would exceed it are refused. An AWS Budget of the same amount notifies
    `notify` of actual costs. Default: five times `budget_usd`."""
    over_budget: OverBudgetPolicy = OverBudgetPolicy.REFUSE
    """What happens to a run whose estimate is above `budget_usd`."""
    heldout_share: float = 0.2
    """Share of the prompts that is kept out of training, for the evaluation."""
    heldout_max: int = 200
    """Maximum number of held-out prompts that an evaluation asks."""
    split_group: str = ""
    """What is kept on one side of the split: `passage` (prompts about one document), `system` (prompts with one
    system prompt), or the label of a line of the prompt, such as `Customer` for `Customer: 4711`. Default: nothing but
    near duplicates."""
    max_answer_tokens: int = 64
    """Maximum tokens of one answer, for every model."""
    bad_lines: BadLines = BadLines.REJECT
    """What happens to lines that break a rule of the format."""
    max_bad_lines: int = 100
    """Maximum number of quarantined lines. An upload with more is refused."""
    mixed_labels: MixedLabels = MixedLabels.WARN
    """What happens to an upload in which some prompts have a reference answer and some have none."""
    stalled_jobs: StalledJobs = StalledJobs.REPORT
    """What happens to a customization job that stays in one of its phases beyond the limit."""
    contenders: tuple[str, ...] = ()
    """Catalog ids of other models. Evaluations ask them too. Reports and estimates compare them with the student."""
    min_score: float = 0.5
    """Score, 0 to 1, that the student must reach on the held-out prompts, or it never goes live."""
    min_teacher_score: float = 0.0
    """Score, 0 to 1, that the teacher must reach: what a worse one taught is not worth comparing with."""
    teacher_margin: float = 0.05
    """How much lower than the teacher's the student's score may be. 0.05 is 5 points."""
    min_gain: float = 0.02
    """Gain over the score of the untrained student that training must bring."""
    live_margin: float = 0.05
    """How much lower than the live model's the student's score may be."""
    max_latency_ms: int | None = None
    """Median latency of the student's answers, in milliseconds, that a student must not exceed. Default: no bound."""
    max_usd_per_thousand: Decimal | None = None
    """What a thousand of the student's answers may cost, in US dollars. Default: no bound."""
    golden_set: str = ""
    """File of the golden set that every student must also answer, in `golden/<recipe>/` of the prompts bucket, where
    only examiners write. Default: none."""
    golden_min_score: float | None = None
    """Score, 0 to 1, that the student must have on the golden set, as measured. Default: `min_score`."""
    golden_teacher_margin: float | None = None
    """How much lower than the teacher's the student's score on the golden set may be, as a test. Default: no bar."""
    inconclusive: InconclusivePolicy = InconclusivePolicy.KEEP
    """What happens to a student whose evaluation neither passes nor fails."""
    auto_promote: bool = True
    """Whether a student that passed goes live by itself. With false, it waits until somebody accepts it."""
    min_share_of_teacher: float | None = None
    """Replaced by `teacher_margin`. Until it is removed, a value of 0.9 means `teacher_margin = 0.1`."""
    model_units: int = 1
    """Model units of Provisioned Throughput."""
    unit_price_usd_per_hour: Decimal | None = None
    """What AWS charges you for one model unit, in US dollars an hour. Required with Provisioned
    Throughput; it is never guessed."""
    business_hours: BusinessHours | None = None
    """When the live endpoint serves, with Provisioned Throughput. Default: always."""
    canary: CanaryOptions | None = None
    """How a student that would go live takes a share of the traffic first. Default: it goes live at once."""
    commitment: CommitmentTerm | None = None
    """For how long the live endpoint is bought when it is created, with Provisioned Throughput: it bills to the end of
    the term, cannot be deleted before, and renews itself. Needs `commitment_acknowledged`. Default: no commitment."""
    commitment_acknowledged: date | None = None
    """The day on which somebody acknowledged what the commitment bills, at most 30 days before the live endpoint is
    created. An older one starts no term. Default: none."""
    expected_traffic: ExpectedTraffic | None = None
    """The traffic that the live endpoint is expected to have. With it, estimates and synth compare both hosting modes,
    and say from how much traffic on the other one is cheaper. Default: nothing is compared."""
    training_usd_per_million_tokens: Decimal | None = None
    """Price of training, in US dollars for a million tokens, where the catalog has none or another."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the recipe's jobs, models and endpoints, beside those that all have."""
    curation: Curation = field(default_factory=Curation)
    """How the prompts are curated before they are split."""
    deciders: tuple[str, ...] = ()
    """Patterns of principals who may approve, reject and roll back, among those whom a policy allows to. Default: all
    of those. If every recipe names its deciders, people whom a tag limits to one recipe can decide too."""
    logs: LogSource | None = None
    """Collects prompts from invocation logs. Uploads are still accepted."""

    @property
    def monthly_cap_usd(self) -> Decimal:
        """US dollars that the runs of one calendar month (UTC) may cost together, each at its worst case.

        The default is five times the budget of a run, because a weekly schedule can start five runs in a month.
        """
        return 5 * self.budget_usd if self.monthly_budget_usd is None else self.monthly_budget_usd

    @property
    def usd_per_hour(self) -> Decimal:
        """What an endpoint bills an hour, in US dollars; 0 where it is billed by the token or no price is known."""
        if not self.is_hourly or self.unit_price_usd_per_hour is None:
            return Decimal(0)
        return self.model_units * self.unit_price_usd_per_hour

    @property
    def is_hourly(self) -> bool:
        """Whether its endpoints are billed by the hour."""
        return self.hosting is HostingMode.PROVISIONED

    @property
    def grader_specs(self) -> tuple[GraderSpec, ...]:
        """The graders: those of `graders`, or the one that `grader` names."""
        return self.graders or (GraderSpec(kind=self.grader),)

    @property
    def judges(self) -> tuple[str, ...]:
        """The models that rate answers, one for each grader of the kind `judge`."""
        return tuple(str(spec.options.get("model")) for spec in self.grader_specs if spec.kind is GraderKind.JUDGE)

    @property
    def grades_labels(self) -> bool:
        """Whether reference answers are labels."""
        return any(spec.kind is GraderKind.LABEL for spec in self.grader_specs)

    @property
    def margin_to_teacher(self) -> float:
        """`teacher_margin`, or what an old setting in its place means."""
        return self.teacher_margin if self.min_share_of_teacher is None else round(1 - self.min_share_of_teacher, 6)

    @property
    def least_golden_score(self) -> float:
        """`golden_min_score`, or its default."""
        return self.min_score if self.golden_min_score is None else self.golden_min_score

    @property
    def judging_digest(self) -> str:
        """Digest of graders and bars. That of a run contains its golden set too (`Run.judging_digest`)."""
        bars = [self.min_score, self.min_teacher_score, self.margin_to_teacher, self.min_gain, self.live_margin]
        limits = [self.max_latency_ms, self.max_usd_per_thousand]
        golden = [self.least_golden_score, self.golden_teacher_margin] if self.golden_set else []
        return digest([to_wire(self.grader_specs), to_wire(bars), to_wire(limits), *golden])

    @property
    def digest(self) -> str:
        """Digest of the settings that change what a job makes of the same prompts. It is part of the run's name.

        It leaves out tags, budgets, deciders and canary, and also the source, checks and curation of the prompts: those
        change the digest of the data set.
        """
        split = [self.heldout_share, self.heldout_max]
        return digest([self.name, self.teacher, self.student, *split, self.max_answer_tokens])


def tag_keys(recipes: Iterable[Recipe]) -> set[str]:
    """The keys of the recipes' own tags."""
    return {key for recipe in recipes for key in recipe.tags}


def load(name: str) -> Recipe:
    """The environment's recipe of that name. Raises BadRequest with the names of the existing recipes."""
    recipes = env_vars.read_settings(SETTINGS_FILE)
    if name not in recipes:
        raise BadRequest(
            f"there is no recipe {quoted(address(name, NAME_MAX))}; this environment has {sorted(recipes)}"
        )
    return from_wire(Recipe, recipes[name])


def load_all() -> dict[str, Recipe]:
    """The environment's recipes by name."""
    return {name: from_wire(Recipe, value) for name, value in env_vars.read_settings(SETTINGS_FILE).items()}


def dump(recipes: Mapping[str, Recipe]) -> str:
    """The text of the settings layer's file: the inverse of `load`, in a stable order."""
    return json.dumps({name: to_wire(recipe) for name, recipe in sorted(recipes.items())}, indent=1, sort_keys=True)
