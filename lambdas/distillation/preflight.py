"""Everything that can be checked before a job is paid for: models, access, quotas, the budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from distillery.core import catalog, model_ids
from distillery.core.admitted_ways import no_longer_admitted
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.budget import check_budget
from distillery.core.commitment import Commitments
from distillery.core.errors import ModelUnavailable
from distillery.core.estimate import estimate, size_of
from distillery.core.first_contact.answers import Answer
from distillery.core.first_contact.questions import NO
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.pipeline import Run
from distillery.core.promotions import Way
from distillery.core.recipe import Recipe
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.distillation.quota import HostingQuotas

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import FoundationModelDetailsTypeDef
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


DATES = ("startOfLifeTime", "legacyTime", "endOfLifeTime")


class LifeCycle(StrEnum):
    """The life cycle state that the service reports. UNKNOWN: the response has no status or no dates, as with an old
    SDK."""

    ACTIVE = "active"
    LEGACY = "legacy"
    ENDED = "ended"
    UNKNOWN = "unknown"


def life_cycle(details: "FoundationModelDetailsTypeDef", now: datetime) -> LifeCycle:
    """The state of a model. A date that has passed takes precedence over the status.

    Source: GetFoundationModel, modelDetails.modelLifecycle.
    """
    life = details.get("modelLifecycle", {})
    status = life.get("status")
    days = {name: day for name in DATES if isinstance(day := life.get(name), datetime)}
    passed = {name for name, day in days.items() if day <= now}
    if "endOfLifeTime" in passed:
        return LifeCycle.ENDED
    if status == "LEGACY" or "legacyTime" in passed:
        return LifeCycle.LEGACY
    return LifeCycle.ACTIVE if status == "ACTIVE" and days else LifeCycle.UNKNOWN


GONE = ("ResourceNotFoundException", "ValidationException")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStates:
    teacher: LifeCycle
    student: LifeCycle


Listed = Callable[[], Answer | None]
"""What was recorded at first contact of students that the service lists; None if nobody has asked."""


def _nobody_asked() -> None:
    """No answer."""


def check_models(
    bedrock: "BedrockClient", recipe: Recipe, now: datetime, listed: Listed = _nobody_asked
) -> ModelStates:
    """Raises ModelUnavailable where the service accepts no new job.

    A Legacy teacher still answers accounts that used it recently; a Legacy student accepts no job (UG
    model-lifecycle-legacy).
    """
    found = ModelStates(
        teacher=_teacher(bedrock, recipe.teacher, now), student=_student(bedrock, recipe.student, now, listed)
    )
    for who, state in (("teacher", found.teacher), ("student", found.student)):
        if state is not LifeCycle.ACTIVE:
            log.warning("the service reports the life cycle state %s of the %s; continuing", state, who)
    return found


def _teacher(bedrock: "BedrockClient", teacher: str, now: datetime) -> LifeCycle:
    state = life_cycle(_details(bedrock, teacher), now)
    if state is LifeCycle.ENDED:
        raise ModelUnavailable(f"the teacher {teacher} has ended, as the service reports; {_instead(teacher)}")
    return state


def _student(bedrock: "BedrockClient", student: str, now: datetime, listed: Listed) -> LifeCycle:
    details = _details(bedrock, customize_id(student))
    state, offered = life_cycle(details, now), details.get("customizationsSupported", [])
    if state in (LifeCycle.ENDED, LifeCycle.LEGACY):
        raise ModelUnavailable(
            f"the student {student} is {state} and accepts no new job, as the service reports; {_instead(student)}"
        )
    if "DISTILLATION" not in offered:  # UNVERIFIED: that the service lists it for a student; nobody has shown an answer
        _unlisted(student, offered, listed())
    return state


def _unlisted(student: str, offered: Sequence[str], recorded: Answer | None) -> None:
    """Refuses only what the service is known to have listed before: an absence that nobody has verified means nothing.

    Raises ModelUnavailable for such a student.
    """
    if recorded is not None and customize_id(student) in recorded.detail.split(", "):
        raise ModelUnavailable(
            f"the service listed DISTILLATION for the student {student} on {recorded.at[:10]}, and now lists "
            f"{', '.join(offered) or 'nothing'}; {_instead(student)}, or ask again with `distillery doctor --ask-aws`"
        )
    if recorded is None or recorded.answer != NO:
        log.warning("the service lists %s for %s here, not DISTILLATION; continuing", offered or "nothing", student)


def customize_id(student: str) -> str:
    """`baseModelIdentifier` of a job. Raises ModelUnavailable for a model that cannot be customized."""
    found = catalog.model(student).customize
    if found is None:
        raise ModelUnavailable(f"{student} cannot be customized; {_instead(student)}")
    return found


def _details(bedrock: "BedrockClient", model: str) -> "FoundationModelDetailsTypeDef":
    try:
        return bedrock.get_foundation_model(modelIdentifier=model)["modelDetails"]
    except ClientError as error:
        if code(error) in GONE:
            raise ModelUnavailable(
                f"the service has no model {model} in this Region ({code(error)}); choose another pair"
            ) from error
        raise


def _instead(model: str) -> str:
    successor = catalog.model(model).successor
    return f"use {successor}" if successor else "choose another pair in the recipe"


PROMPT = "Reply with OK."
ANSWER_TOKENS = 16
REFUSED = ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")


def probe(runtime: "BedrockRuntimeClient", who: str, identifier: str) -> None:
    """Sends one short prompt, so that missing access or a missing subscription shows before money is spent.

    Raises ModelUnavailable where the model does not answer. Throttling is raised unchanged, to be retried.
    """
    try:
        runtime.converse(
            modelId=identifier,
            messages=[{"role": "user", "content": [{"text": PROMPT}]}],
            inferenceConfig={"maxTokens": ANSWER_TOKENS},
        )
    except ClientError as error:
        if code(error) in REFUSED:
            raise ModelUnavailable(
                f"the {who} {identifier} does not answer ({error}); grant access or subscribe to it "
                "(Bedrock console, Model access), or choose another"
            ) from error
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightResult:
    """The models as they were called, and their states as the service reports them."""

    estimate_usd: Decimal
    prices_as_of: str
    teacher: str
    teacher_life: LifeCycle
    student: str
    student_life: LifeCycle


def check_trains(record: RunRecord, promotions: Promotions) -> None:
    """Raises BadRequest where the run's promotion was admitted by a way that trains nothing: such a run comes here
    where the settings have changed since, and no function adopts students any more."""
    promotion = promotions.find(record.promotion) if record.promotion else None
    if promotion is not None and promotion.way is not Way.REDISTIL:
        raise no_longer_admitted(promotion)


def preflight(
    run: Run,
    *,
    bedrock: "BedrockClient",
    runtime: "BedrockRuntimeClient",
    quotas: HostingQuotas,
    ceiling: UnitCeiling,
    ledger: Ledger,
    now: datetime,
    listed: Listed = _nobody_asked,
    commitments: Commitments | None = None,
) -> PreflightResult:
    """Checks the run. Free checks come first; the cost at today's prices is reserved before the first paid request.

    Args:
        run: The run to check, with its recipe and data set.
        bedrock: Control plane client in the home Region.
        runtime: Runtime client in the same Region, for one short request to each model.
        quotas: The account's quotas for the endpoints of the environment.
        ceiling: The environment's own ceiling of model units.
        ledger: The ledger in which the cost is reserved.
        listed: What first contact found of students that the service lists.
        commitments: The commitments of the settings; none by default.
        now: The current time. Prices and life cycle states of that day apply.

    Raises:
        ModelUnavailable: A model cannot be used for a new job, or does not answer.
        QuotaTooSmall: The account or the environment may not host the student.
        NotAcknowledged: The live endpoint would start a commitment that nobody has acknowledged in the last days.
        OverBudget: The worst case exceeds the budget of the run or of the month.
        BadRequest: A price is unknown.
    """
    recipe, region = run.recipe, bedrock.meta.region_name
    estimated = estimate(recipe, size_of(run.dataset), region=region, on=now.date())
    check_budget(recipe, estimated, approved_usd=run.approved_usd)
    found = check_models(bedrock, recipe, now, listed)
    (commitments or Commitments()).check_run(recipe, ceiling.names, bedrock, now.date())
    ceiling.check_run(recipe, bedrock)
    quotas.check(recipe)
    ledger.reserve(run, estimated.at_most_usd)
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
    student = model_ids.identifier(recipe.student, region)
    probe(runtime, "teacher", teacher)
    probe(runtime, "untrained student", student)
    return PreflightResult(
        estimate_usd=estimated.total_usd,
        prices_as_of=estimated.prices_as_of.isoformat(),
        teacher=teacher,
        teacher_life=found.teacher,
        student=student,
        student_life=found.student,
    )
