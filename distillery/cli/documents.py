"""What the verbs print with `--json`, but for `status`, `watch` and the verbs that delete."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutput:
    """`good`: whether every report is. `reports`: the reports that the pipeline writes, one for each file."""

    good: bool
    reports: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why records were left out, how many, and in which lines the first of them are."""

    reason: str
    count: int
    lines: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOutput:
    """What was converted. `output` is null where nothing was written."""

    file: str
    format: str
    output: str | None
    records: int
    converted: int
    with_answer: int
    left_out: list[LeftOut]
    ignored_fields: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutput:
    """The result of an upload. `run` is null, and `findings` says why, where no run was started."""

    status: str
    run: str | None
    reason: str
    report_uri: str | None
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOutput:
    """What was collected of the logged calls. `query`: the Athena query that is still running."""

    status: str
    recipe: str
    uri: str | None
    query: str | None
    calls: int | None
    prompts: int | None
    left_out: dict[str, int]
    of_anybody: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutput:
    """The content of `report.json` (docs/report.md), whose version is `format`."""

    format: int
    run: str
    recipe: str
    measure: str
    outcome: str
    passed: bool
    sentence: str
    reasons: list[str]
    report_uri: str
    contestants: list[dict[str, Any]]
    bars: list[dict[str, Any]]
    prompts: list[dict[str, Any]]
    method: dict[str, Any]
    lineage: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOutput:
    """The evaluation that has started. `judge_only`: whether stored answers are judged and no model is invoked."""

    run: str
    execution: str
    judge_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenOutput:
    """The golden set that was uploaded. `version`: of the object."""

    recipe: str
    file: str
    prompts: int
    uri: str
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveOutput:
    """The run that has started, and what it may cost in US dollars."""

    run: str
    outcome: str
    estimate_usd: Decimal
    at_most_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOutput:
    """The acceptance. `first` is false where somebody had accepted the student before, and nothing was started."""

    run: str
    outcome: str
    by: str | None
    at: str | None
    reason: str
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectOutput:
    """The run that was declined, or whose student was."""

    run: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackOutput:
    """A roll-back that was started, or with `--list` the versions of the alias.

    Attributes:
        to: ARN of the model that becomes live; empty with `--list`.
        from_version, to_version: Versions of the alias.
        outcome: `rolled-back` or `failed`; `running` with `--no-wait`, and `listed` with `--list`.
        ending: Why it ended as it did.
        versions: What each version made live, the newest first; only with `--list`.
    """

    recipe: str
    to: str
    from_version: int
    holder: str | None
    to_version: int | None = None
    outcome: str = "running"
    ending: str = ""
    versions: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetOutput:
    """The copies that were found. `deleted`: whether any was to be deleted; `learned`: models that learned the text."""

    deleted: bool
    copies: list[dict[str, Any]]
    unread: dict[str, Any]
    learned: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesOutput:
    """The maps of the routes as they are published, by route. `version`: of the maps."""

    version: int
    environment: str
    region: str
    routes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOutput:
    """The answer of a route, as its invoke function gives it (docs/serving.md)."""

    text: str
    identifier: str
    region: str
    requested: dict[str, Any]
    served: dict[str, Any] | None
    latency_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetsOutput:
    """A program that calls the route, for the package."""

    route: str
    package: str
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedStep:
    """`works`: whether the application profile serves optimized latency; null where the request did not decide it."""

    step: int
    application: str
    works: bool | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOutput:
    """The steps of the route that were probed, in their order."""

    route: str
    steps: list[ProbedStep]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOutput:
    """All figures and samples, in the file that `--json` names, or on standard output for `-`."""

    version: int
    environment: str
    measured: str
    simulated: bool
    arms: list[dict[str, Any]]
    against: str | None
    changes: dict[str, Any]
