"""Everything that can be known before a job is paid for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from distillery.core import model_ids
from distillery.core.estimate import check_budget, estimate, size_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Run
from lambdas.distillation.life_cycle import LifeCycle
from lambdas.distillation.models import models
from lambdas.distillation.probe import probe
from lambdas.distillation.quota import Quotas

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """teacher, student: as they were called; *_life: what the service says of them."""

    estimate_usd: Decimal
    prices_as_of: str
    teacher: str
    teacher_life: LifeCycle
    student: str
    student_life: LifeCycle


def check(
    run: Run,
    *,
    bedrock: "BedrockClient",
    runtime: "BedrockRuntimeClient",
    quotas: Quotas,
    ledger: Ledger,
    now: datetime,
) -> Checked:
    """Raises ModelUnavailable, QuotaTooSmall, OverBudget, or BadRequest for a price that is not known. What costs
    nothing is asked first, and what the run may cost by today's prices is reserved before anything that does."""
    recipe, region = run.recipe, bedrock.meta.region_name
    estimated = estimate(recipe, size_of(run.dataset), region=region, on=now.date())
    check_budget(recipe, estimated, approved_usd=run.approved_usd)
    found = models(bedrock, recipe, now)
    quotas.check(recipe)
    ledger.reserve(run, estimated.at_most_usd)
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
    student = model_ids.identifier(recipe.student, region)
    probe(runtime, "teacher", teacher)
    probe(runtime, "untrained student", student)
    return Checked(
        estimate_usd=estimated.total_usd,
        prices_as_of=estimated.prices_as_of.isoformat(),
        teacher=teacher,
        teacher_life=found.teacher,
        student=student,
        student_life=found.student,
    )
