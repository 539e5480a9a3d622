"""What `status`, `watch`, `stop` and `resume` print of runs with `--json`."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutput:
    """A stage of a run. Times are ISO 8601; `seconds`: how long it took, so far where it has not ended."""

    stage: str
    started: str
    ended: str | None
    seconds: int
    product: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressOutput:
    """Answers of the evaluation so far. `seconds_left` is null where it cannot be said."""

    answers: int
    planned: int
    seconds_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NowOutput:
    """A stage in progress. `seconds`: how long so far; `usual_seconds`: how long it usually takes, with its `basis`;
    `usd_so_far`: the cost so far, estimated. Null where unknown."""

    stage: str
    seconds: int
    usual_seconds: int | None
    basis: str | None
    usd_so_far: Decimal | None
    usd_at_most: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run. `next`: commands that decide about it, where it waits for a person, or continue it, where it was stopped.
    `now`: the stage in progress, only of `status`. `stop`: who stopped it when and why, and the cost by then.
    `promotion`: the promotion from another environment that began it; null if an upload did."""

    run: str
    recipe: str
    attempt: int
    outcome: str
    reason: str
    opened: str
    closed: str | None
    stages: list[StageOutput]
    progress: ProgressOutput | None
    report_uri: str | None
    exploratory: dict[str, Any] | None
    uploaded_by: list[str]
    next: list[str]
    now: NowOutput | None = None
    stop: dict[str, Any] | None = None
    promotion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOutput:
    """The recipe's budget of the month (UTC) in US dollars. `cap_usd` is null if the deployment does not publish it."""

    month: str
    cap_usd: Decimal | None
    reserved_usd: Decimal
    active_usd: Decimal
    ended_usd: Decimal
    resets: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHoursOutput:
    """Whether an endpoint's business hours are now, and when that changes."""

    open: bool
    next_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeStatus:
    """A recipe. Where `readable` is false, the caller may not read its runs. `alias`: what is live; null where nothing
    is, or where the caller may not read it. Its `paused` is not null outside of business hours. `versions`: the live
    version of the alias, and the one that a rollback returns to; `rollback --list` has all. `canaries`: the latest
    first, with what was measured; `closed` is null of the one in progress. `business_hours`: null where the recipe has
    none."""

    recipe: str
    readable: bool
    alias: dict[str, Any] | None
    month: MonthOutput | None
    runs: list[RunStatus]
    acceptances: list[dict[str, Any]]
    rollbacks: list[dict[str, Any]]
    canaries: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    business_hours: BusinessHoursOutput | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledEndpointOutput:
    """An endpoint that exists now. `kept_by`: `alias`, `lease` or `lock`; `orphan`: true where nothing keeps it, null
    where the caller may not know. Prices are null where unknown, and 0 for a deployment, which bills by the token."""

    arn: str
    name: str
    hosting: str
    status: str
    model_units: int
    recipe: str | None
    run: str | None
    kept_by: str | None
    owner: str | None
    purpose: str | None
    until: str | None
    orphan: bool | None
    usd_per_hour: Decimal | None
    usd_per_month: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledModelOutput:
    """A custom model, whose storage bills."""

    arn: str
    name: str
    run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJobOutput:
    """A job in progress. `kind`: `customization` or `evaluation`."""

    arn: str
    name: str
    kind: str
    run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingOutput:
    """What bills now in US dollars; a month has 730 hours. The sums lack the `unpriced` endpoints."""

    usd_per_hour: Decimal
    usd_per_month: Decimal
    unpriced: int
    storage_usd_per_month: Decimal
    storage_as_of: str
    endpoints: list[BilledEndpointOutput]
    models: list[BilledModelOutput]
    jobs: list[RunningJobOutput]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOutput:
    """Every recipe of the environment that was asked for. `models`: what the life-cycle watch found about models;
    `billing`: what bills now, null where the caller may not list it."""

    environment: str
    recipes: list[RecipeStatus]
    models: list[dict[str, Any]] = field(default_factory=list)
    billing: BillingOutput | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent:
    """One line. `event`: `stage-began`, `progress`, `stage-ended`, and last `ended`. Only that has `outcome`, `reason`,
    `exit_code` and `next`."""

    event: str
    run: str
    time: str
    stage: str | None = None
    seconds: int | None = None
    product: dict[str, Any] | None = None
    progress: ProgressOutput | None = None
    outcome: str | None = None
    reason: str | None = None
    report_uri: str | None = None
    exit_code: int | None = None
    next: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOutput:
    """The run that was stopped. `first` is false where somebody stopped it before: `by`, `at` and `reason` are theirs.

    `spent_usd`: what it had cost by then in US dollars, at most; null if a price is unknown. `spent`: its parts.
    `left`: what the sweep still has to delete.
    """

    run: str
    outcome: str
    by: str
    at: str
    reason: str
    first: bool
    spent_usd: Decimal | None
    spent: list[str]
    left: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeOutput:
    """The execution that continues the run. `taken_up`: whether the student is one that the run's job made although the
    run ended without it; `judge_only`: whether stored answers are judged and no model is invoked."""

    run: str
    execution: str
    judge_only: bool
    student: str
    taken_up: bool
