"""Everything that can be checked before a job is paid for: models, access, quotas, the budget."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from distillery.core import catalog, model_ids
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.errors import ModelUnavailable
from distillery.core.estimate import check_budget, estimate, size_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Run
from distillery.core.recipe import Recipe
from lambdas.distillation.quota import HostingQuotas

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import FoundationModelDetailsTypeDef
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


DATES = ("startOfLifeTime", "legacyTime", "endOfLifeTime")


class LifeCycle(StrEnum):
    """UNKNOWN: the answer had no status or no dates, as an old SDK makes it look; never taken for active."""

    ACTIVE = "active"
    LEGACY = "legacy"
    ENDED = "ended"
    UNKNOWN = "unknown"


def life_cycle(details: "FoundationModelDetailsTypeDef", now: datetime) -> LifeCycle:
    """Source: GetFoundationModel, modelDetails.modelLifecycle. A date that has passed weighs more than the status."""
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


def check_models(bedrock: "BedrockClient", recipe: Recipe, now: datetime) -> ModelStates:
    """Raises ModelUnavailable where the service takes no new job.

    A Legacy teacher still answers those who used it lately; a Legacy student takes no job (UG model-lifecycle-legacy).
    """
    found = ModelStates(teacher=_teacher(bedrock, recipe.teacher, now), student=_student(bedrock, recipe.student, now))
    for who, state in (("teacher", found.teacher), ("student", found.student)):
        if state is not LifeCycle.ACTIVE:
            log.warning("the life cycle of the %s is %s, says the service; going on", who, state)
    return found


def _teacher(bedrock: "BedrockClient", teacher: str, now: datetime) -> LifeCycle:
    state = life_cycle(_details(bedrock, teacher), now)
    if state is LifeCycle.ENDED:
        raise ModelUnavailable(f"the teacher {teacher} has ended, says the service; {_instead(teacher)}")
    return state


def _student(bedrock: "BedrockClient", student: str, now: datetime) -> LifeCycle:
    details = _details(bedrock, customize_id(student))
    state, offered = life_cycle(details, now), details.get("customizationsSupported", [])
    if state in (LifeCycle.ENDED, LifeCycle.LEGACY):
        raise ModelUnavailable(
            f"the student {student} is {state} and takes no new job, says the service; {_instead(student)}"
        )
    if "DISTILLATION" not in offered:
        raise ModelUnavailable(
            f"the service offers {offered or 'no customization'} of {student} here, not "
            "DISTILLATION; choose another student or home Region"
        )
    return state


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
            raise ModelUnavailable(f"the service knows no {model} here ({code(error)}); choose another pair") from error
        raise


def _instead(model: str) -> str:
    successor = catalog.model(model).successor
    return f"use {successor}" if successor else "choose another pair in the recipe"


PROMPT = "Reply with OK."
ANSWER_TOKENS = 16
REFUSED = ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")


def probe(runtime: "BedrockRuntimeClient", who: str, identifier: str) -> None:
    """Raises ModelUnavailable where the model will not answer; throttling passes through, to be retried."""
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
    """teacher, student: as they were called; *_life: what the service says of them."""

    estimate_usd: Decimal
    prices_as_of: str
    teacher: str
    teacher_life: LifeCycle
    student: str
    student_life: LifeCycle


def preflight(
    run: Run,
    *,
    bedrock: "BedrockClient",
    runtime: "BedrockRuntimeClient",
    quotas: HostingQuotas,
    ledger: Ledger,
    now: datetime,
) -> PreflightResult:
    """Raises ModelUnavailable, QuotaTooSmall, OverBudget, or BadRequest for a price that is not known. What costs
    nothing is asked first, and what the run may cost by today's prices is reserved before anything that does."""
    recipe, region = run.recipe, bedrock.meta.region_name
    estimated = estimate(recipe, size_of(run.dataset), region=region, on=now.date())
    check_budget(recipe, estimated, approved_usd=run.approved_usd)
    found = check_models(bedrock, recipe, now)
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
