"""Whether a target environment admits the student of a verified record: every rule, with its reason, in one place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.recipe import Recipe
from distillery.records.record import PromotionRecord, TrainingInputs, job_request
from distillery.records.refusal import Refusal, refused
from distillery.records.verification import Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnvironment:
    """What an environment admits, and what it has.

    Attributes:
        environment: Its name.
        through: The environments that a student passes before, the first one first. Records are of the last one.
        admits_overruled: Whether a student that did not pass may come if a person accepted it, with a reason.
        valid_days: How many days ago a record may have been issued; None for any number.
        recipe: Its recipe of the record's name; None if it has none.
        live_since: When what is live there was judged, ISO 8601; None if nothing is. Of a student that came by a
            promotion, when the environment before judged it.
        used_by: The promotion that has used the record; empty if none has.
    """

    environment: str
    through: tuple[str, ...]
    admits_overruled: bool
    recipe: Recipe | None
    live_since: str | None = None
    used_by: str = ""
    valid_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """A promotion.

    Attributes:
        promotion: Its id, which a resumed one keeps.
        run: The run that is to be promoted; empty where a file was given instead.
    """

    verified: Verified
    promotion: str
    now: datetime
    run: str = ""

    @property
    def record(self) -> PromotionRecord:
        return self.verified.statement.record


def admit(request: PromotionRequest, target: TargetEnvironment) -> None:
    """Raises RecordRefused with the first reason not to promote."""
    for reason, sentence in refusals(request, target):
        raise refused(reason, sentence)


def refusals(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    """Every reason not to promote, with a sentence for people."""
    for rule in _RULES:
        yield from rule(request, target)


def untimely(request: PromotionRequest) -> Iterator[tuple[Refusal, str]]:
    """Whether the record is not valid yet, or no more: what can be said without a target."""
    return _is_in_time(request, None)


def _is_of_the_run(request: PromotionRequest, _target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    record = request.record
    if request.run and record.run != request.run:
        yield (
            Refusal.OTHER_RUN,
            f"the record is of run {_name(record.run)}, and run {_name(request.run)} is to be promoted; a record "
            "belongs to one run: find out who stored this one there, or promote the run that it names",
        )


def _comes_from_the_environment_before(
    request: PromotionRequest, target: TargetEnvironment
) -> Iterator[tuple[Refusal, str]]:
    came = (*(one.environment for one in request.record.chain), request.record.environment)
    if came == target.through:
        return
    needed = " → ".join(target.through) or "none: it is the first environment"
    yield (
        Refusal.SKIPPED_ENVIRONMENT,
        f"the student has passed {_names(came)}, and before {target.environment} it must have passed {needed}; promote "
        "it through each environment in turn, or change `through` in [promotion] of the target's settings",
    )


def _has_the_recipe(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    record = request.record
    if target.recipe is None or target.recipe.name != record.recipe:
        yield (
            Refusal.OTHER_RECIPE,
            f"the record is of recipe {_name(record.recipe)}, which {target.environment} does not have; add the recipe "
            "to its settings and deploy them",
        )


def _trains_alike(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    record = request.record
    if target.recipe is None:
        return
    ours = job_request(target.recipe)
    theirs = record.training
    own = TrainingInputs(dataset_digest=theirs.dataset_digest, prompts=theirs.prompts, job_request=ours)
    if own.digest != record.training_digest:
        differ = sorted(key for key in ours if theirs.job_request.get(key) != ours[key]) or ["the job request"]
        yield (
            Refusal.OTHER_TRAINING,
            f"recipe {_name(record.recipe)} of {target.environment} would train another student: these settings "
            f"differ from the record: {', '.join(differ)}; make teacher, student and max_answer_tokens those of the "
            "source environment (judging, hosting and budget may differ)",
        )


def _passed(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    record = request.record
    if record.evaluation.passed:
        return
    why = "exploratory" if record.evaluation.exploratory else record.evaluation.outcome.value
    if record.accepted is None or not record.accepted.reason.strip():
        yield (
            Refusal.NOT_PASSED,
            f"the verdict of run {_name(record.run)} is {why}, and no person accepted the student with a reason; only "
            "one that passed can be promoted",
        )
    elif not target.admits_overruled:
        yield (
            Refusal.NOT_PASSED,
            f"the verdict of run {_name(record.run)} is {why}, and a person accepted the student all the same; "
            f"{target.environment} does not admit that: promote one that passed, or set admit_overruled = true",
        )


def _is_in_time(request: PromotionRequest, _target: TargetEnvironment | None) -> Iterator[tuple[Refusal, str]]:
    record, now = request.record, request.now
    issued, expires = _time(record.issued), _time(record.expires)
    if issued is None or expires is None or issued > now:
        yield (
            Refusal.NOT_YET_VALID,
            f"the record was issued at {_name(record.issued)}, and it is {_said(now)}; check the clocks on both sides",
        )
    elif expires <= now:
        yield (
            Refusal.EXPIRED,
            f"the record expired at {_said(expires)}, and it is {_said(now)}; run the recipe again in "
            f"{_name(record.environment)} and promote the new run",
        )


def _is_recent(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    """Whoever signs says how long a record is valid; the target has a limit of its own."""
    record, issued = request.record, _time(request.record.issued)
    if target.valid_days is None or issued is None or issued + timedelta(days=target.valid_days) > request.now:
        return
    yield (
        Refusal.EXPIRED,
        f"the record was issued at {_said(issued)}, and {target.environment} admits none that is older than "
        f"{target.valid_days} days; run the recipe again in {_name(record.environment)} and promote the new run, or "
        "raise `valid_days` in [promotion] of the target's settings",
    )


def _is_newer_than_what_is_live(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    record = request.record
    judged, live = _time(record.evaluation.judged), _time(target.live_since or "")
    if target.live_since is not None and (judged is None or live is None or judged <= live):
        yield (
            Refusal.OLDER_THAN_LIVE,
            f"the student was judged at {_name(record.evaluation.judged)}, and what is live in {target.environment} at "
            f"{_name(target.live_since)}; promote a later run, or roll the recipe back if you want an earlier model",
        )


def _is_not_used(request: PromotionRequest, target: TargetEnvironment) -> Iterator[tuple[Refusal, str]]:
    if target.used_by and target.used_by != request.promotion:
        yield (
            Refusal.REPLAYED,
            f"promotion {_name(target.used_by)} has used the record, and a record is used once; resume that promotion "
            f"by its id (--promotion {target.used_by}), or promote another run",
        )


_RULES: tuple[Callable[[PromotionRequest, TargetEnvironment], Iterator[tuple[Refusal, str]]], ...] = (
    _is_of_the_run,
    _is_not_used,  # before the rules that a promotion makes true: its record is soon older than what it made live
    _comes_from_the_environment_before,
    _has_the_recipe,
    _trains_alike,
    _passed,
    _is_in_time,
    _is_recent,
    _is_newer_than_what_is_live,
)


def _time(text: str) -> datetime | None:
    """An aware time; None where the text is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _said(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _name(text: str) -> str:
    return quoted(address(text, NAME_MAX))


def _names(those: tuple[str, ...]) -> str:
    return " → ".join(address(one, NAME_MAX) for one in those)
