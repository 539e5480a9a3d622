"""Who answers the held-out prompts: the teacher, the untrained student, and the distilled one."""

from dataclasses import dataclass
from datetime import date

from distillery.core import catalog, model_ids
from distillery.core.catalog import HostingMode, Price
from distillery.core.errors import EvaluationFailed
from distillery.core.pipeline import Endpoint, Run, Student

TEACHER, BASE, STUDENT = "teacher", "base", "student"
ROLES = (TEACHER, BASE, STUDENT)
AS_BASE = "a custom model is priced as its base model on demand, which is reported, not documented"
HOURLY = f"{AS_BASE}; Provisioned Throughput is really billed by the hour"


def called_as(run: Run, candidate: Endpoint, region: str) -> dict[str, str]:
    """role → `modelId` of Converse in `region`. Raises ModelUnavailable."""
    recipe = run.recipe
    return {
        TEACHER: model_ids.teacher_identifier(recipe.teacher, recipe.student, region),
        BASE: model_ids.identifier(recipe.student, region),
        STUDENT: candidate.arn,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """model: how people know it; price_note: what a reader has to know of the price beside its source."""

    role: str
    model: str
    price: Price
    price_note: str = ""


def contenders(run: Run, student: Student, *, region: str, on: date) -> tuple[Contender, ...]:
    """With the prices of that day. Raises EvaluationFailed where the catalog has none."""
    recipe = run.recipe
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
    hourly = recipe.hosting is HostingMode.PROVISIONED
    own = catalog.custom_model_price(recipe.student, on) or _price(recipe.student, recipe.student, on)
    return (
        Contender(role=TEACHER, model=recipe.teacher, price=_price(recipe.teacher, teacher, on)),
        Contender(
            role=BASE,
            model=recipe.student,
            price=_price(recipe.student, model_ids.identifier(recipe.student, region), on),
        ),
        Contender(role=STUDENT, model=student.model_arn, price=own, price_note=HOURLY if hourly else AS_BASE),
    )


def _price(model: str, identifier: str, on: date) -> Price:
    profile = None if identifier == model else catalog.ProfileId(identifier)
    if price := catalog.price(model, profile=profile, on=on):
        return price
    raise EvaluationFailed(
        f"the catalog has no price of {identifier} on {on}; add it with its date and source in distillery/core/catalog"
    )
