"""Whether the service distils these two models today: the catalog may be behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.aws import ClientError, code
from distillery.core.errors import ModelUnavailable
from distillery.core.journal import journal
from distillery.core.recipe import Recipe
from lambdas.distillation.life_cycle import LifeCycle, life_cycle

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import FoundationModelDetailsTypeDef

GONE = ("ResourceNotFoundException", "ValidationException")
log = journal(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    teacher: LifeCycle
    student: LifeCycle


def models(bedrock: "BedrockClient", recipe: Recipe, now: datetime) -> Models:
    """Raises ModelUnavailable where the service takes no new job.

    A Legacy teacher still answers those who used it lately; a Legacy student takes no job (UG model-lifecycle-legacy).
    """
    found = Models(teacher=_teacher(bedrock, recipe.teacher, now), student=_student(bedrock, recipe.student, now))
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
