"""Runs a point of the sweep, in which prompts are uploaded or a student is promoted, and checks what must hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from http import HTTPStatus

from distillery.core.canary import CanaryOptions
from distillery.core.hosting_mode import HostingMode
from distillery.core.names import PROMPTS_PREFIX
from distillery.core.pipeline import Outcome
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import StalledJobs
from distillery.settings.promotion import Promotion
from tests.assemblies import assembly_of
from tests.faults.cloud import Cloud
from tests.faults.deployment import deployed
from tests.faults.functions import VARIABLES
from tests.faults.invariants import NAMES, RECIPE, alias_of, is_promoted, violations, violations_in_the_end
from tests.faults.kinds import WAYS, Point, Story
from tests.faults.lenders import lend
from tests.faults.machine import Json, StateFailed, spelled
from tests.faults.promoted import (
    ADMITTING,
    SIGNER,
    Promotable,
    admitting,
    not_promoted,
    promotable,
    promote,
    promoted_otherwise,
)
from tests.faults.prompts import prompts
from tests.unit.stacks.assembly import resources, settings_of

HOURS_UNTIL_CLEAN = (1, 2, 26)
"""When the guard passes after an execution: a missing execution is waited for one hour, a lease lasts a day."""
HELDOUT = 4
"""Held-out prompts: enough for calls that differ."""
ATTEMPTS = 3
"""How often a person tries again after the fault is mended."""


@cache
def definition(*, admits: bool = False, canary: CanaryOptions | None = None) -> Json:
    """That of an environment which signs records: it calls every service that a run can call. `admits`: whether it also
    admits students of another environment. `canary`: of its recipe."""
    signs = Promotion(sign=True)
    promotes = Promotion(sign=True, through=("qa",), public_keys=(SIGNER.public.pem,)) if admits else signs
    own = settings_of("dev")
    recipes = {RECIPE: replace(own.recipes[RECIPE], canary=canary)} if canary else own.recipes
    signing = own.model_copy(update={"promotion": promotes, "recipes": recipes})
    (pipeline,) = [one.template for one in assembly_of(signing).stacks if one.name == NAMES.stack("pipeline")]
    (machine,) = resources(pipeline, "AWS::StepFunctions::StateMachine").values()
    found: Json = json.loads(spelled(machine["DefinitionString"]))
    return found


@cache
def recipe(hosting: str, *, stalls: bool = False) -> Recipe:
    """The recipe of `dev`, with bars that a student of few prompts passes. `stalls`: it restarts stalled jobs."""
    own = settings_of("dev").recipes[RECIPE]
    easy = replace(own, min_score=0.0, min_teacher_score=0.0, teacher_margin=1.0, min_gain=-1.0, live_margin=1.0)
    easy = replace(easy, heldout_max=HELDOUT, budget_usd=Decimal(100), monthly_budget_usd=Decimal(2000))
    if stalls:
        easy = replace(easy, stalled_jobs=StalledJobs.RESTART_BILLED)
    if hosting == HostingMode.PROVISIONED:
        return replace(easy, hosting=HostingMode.PROVISIONED, model_units=1, unit_price_usd_per_hour=Decimal(10))
    return easy


@cache
def source(story: Story) -> Promotable | None:
    """A run of the same prompts in another environment, where the story promotes one."""
    return promotable(recipe(HostingMode.ON_DEMAND), prompts(), WAYS[story]) if story in WAYS else None


@dataclass(slots=True)
class Result:
    """What came of a point. `broken`: the invariants that do not hold."""

    point: Point | None
    cloud: Cloud
    broken: list[str] = field(default_factory=list)


def run(point: Point | None, hosting: str = HostingMode.ON_DEMAND, story: Story = Story.UPLOAD) -> Result:
    """Uploads or promotes prompts, lets the fault happen, mends it, and tries again as a person would."""
    stalls, of = story is Story.STALLED, source(story)
    variables = ADMITTING if of else VARIABLES
    cloud = Cloud(
        recipe(hosting, stalls=stalls), definition(admits=of is not None), point, stalls=stalls, variables=variables
    )
    if of and of.model:
        lend(cloud, WAYS[story])
    result = Result(point, cloud)
    with deployed(cloud):
        begin(cloud, of)
        if story is Story.RENEWED:
            settle_everything(cloud)
        cloud.mend()
        settle_everything(cloud)
        result.broken += [f"after the fault: {broken}" for broken in _violations(cloud, of)]
        for _ in range(ATTEMPTS):
            if is_promoted(cloud):
                break
            _try_again(cloud, of)
            settle_everything(cloud)
        result.broken += [
            f"in the end: {broken}"
            for broken in (
                *_violations(cloud, of),
                *_unfinished(cloud),
                *violations_in_the_end(cloud),
            )
        ]
        if of:
            result.broken += not_promoted(cloud, of)
        if point and not cloud.struck:
            result.broken.append("the fault did not happen")
    return result


def begin(cloud: Cloud, of: Promotable | None) -> None:
    """Uploads the prompts, or promotes those of another environment."""
    if of:
        admitting(cloud)
        promote(cloud, of)
    else:
        upload(cloud)


def upload(cloud: Cloud, number: int = 0) -> None:
    """Uploads prompts, and runs what begins."""
    deliver(cloud, number)
    cloud.run_executions()


def deliver(cloud: Cloud, number: int) -> None:
    """Uploads prompts of that number."""
    key = f"{PROMPTS_PREFIX}{RECIPE}/prompts-{number}.jsonl"
    cloud.objects["prompts", key] = prompts(number)
    detail = {"bucket": {"name": "prompts"}, "object": {"key": key, "version-id": "v1"}}
    cloud.deliver("receive", {"detail": detail})


def settle_everything(cloud: Cloud) -> None:
    for hours in HOURS_UNTIL_CLEAN:
        cloud.world.clock.forward(hours=hours)
        cloud.world.bedrock.tick()
        cloud.run_schedule()
        cloud.run_executions()


def _try_again(cloud: Cloud, of: Promotable | None) -> None:
    """A failed run is resumed from what it has paid for, and one with another end is evaluated again. Where nothing was
    paid for, the prompts are uploaded, or promoted, again."""
    for record in cloud.ledger.runs(RECIPE)[:1]:
        try:
            failed_run = record.outcome is Outcome.FAILED or not record.has_student
            answer = cloud.ask(
                "resume" if failed_run else "evaluate", {"run": record.run.id, "reason": "the fault is mended"}
            )
        except StateFailed as failed:
            cloud.errors.append(f"resume: {failed}")
            return
        if answer["statusCode"] == HTTPStatus.OK:
            cloud.run_executions()
            return
        cloud.errors.append(f"resume: {answer['body']}")
    begin(cloud, of)


def _violations(cloud: Cloud, of: Promotable | None) -> Iterator[str]:
    """At any time at which no execution runs and the guard has passed."""
    runs, alias = cloud.ledger.runs(RECIPE), alias_of(cloud)
    yield from violations(cloud, runs, alias)
    if of:
        yield from promoted_otherwise(cloud, of, runs)


def _unfinished(cloud: Cloud) -> Iterator[str]:
    """A verdict stands: an evaluation after it is exploratory, and a person decides by it."""
    if alias_of(cloud) is None and not any(record.was_explored for record in cloud.ledger.runs(RECIPE)):
        runs = [f"{record.run.id} {record.outcome}: {record.reason}" for record in cloud.ledger.runs(RECIPE)]
        yield f"nothing is live after {ATTEMPTS} more attempts: {runs or 'no run'}; {cloud.errors[-3:]}"
