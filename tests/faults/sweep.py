"""Runs a point of the sweep, and checks what must hold afterwards."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from http import HTTPStatus

from distillery.core.aliases import Aliases
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import take_inventory
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord, model_of
from distillery.core.names import EVALUATIONS_PREFIX, PROMPTS_PREFIX, Names
from distillery.core.pipeline import Alias, Outcome, Stage
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import StalledJobs
from distillery.records.verification import verify
from distillery.settings.promotion import Promotion
from tests.assemblies import assembly_of
from tests.faults.cloud import Cloud, deployed
from tests.faults.kinds import Point
from tests.faults.machine import Json, StateFailed, spelled
from tests.faults.promoted import (
    SIGNER,
    Promotable,
    admitting,
    not_promoted,
    promotable,
    promote,
    promoted_otherwise,
)
from tests.journey.prompts import DELIVERY, jsonl, support
from tests.unit.stacks.assembly import resources, settings_of

NAMES, RECIPE, KEY = Names("dev"), "support", f"{PROMPTS_PREFIX}support/prompts.jsonl"
HOURS_UNTIL_CLEAN = (1, 2, 26)
"""When the guard passes after an execution: a missing execution is waited for one hour, a lease lasts a day."""
HELDOUT = 4
"""Held-out prompts: enough for calls that differ."""
ATTEMPTS = 3
"""How often a person tries again after the fault is mended."""


@cache
def definition(*, admits: bool = False) -> Json:
    """That of an environment which signs records: it calls every service that a run can call. `admits`: whether it also
    admits students of another environment."""
    signs = Promotion(sign=True)
    promotes = Promotion(sign=True, through=("qa",), public_keys=(SIGNER.public.pem,)) if admits else signs
    signing = settings_of("dev").model_copy(update={"promotion": promotes})
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
def prompts() -> bytes:
    return jsonl([each for number, each in enumerate(support(*DELIVERY)) if number % 4])


@cache
def source() -> Promotable:
    """A run of the same prompts in another environment."""
    return promotable(recipe(HostingMode.ON_DEMAND), prompts())


@dataclass(slots=True)
class Result:
    """What came of a point. `broken`: the invariants that do not hold."""

    point: Point | None
    cloud: Cloud
    broken: list[str] = field(default_factory=list)


def run(
    point: Point | None, hosting: str = HostingMode.ON_DEMAND, *, stalls: bool = False, promoted: bool = False
) -> Result:
    """Uploads or promotes prompts, lets the fault happen, mends it, and tries again as a person would."""
    if point:
        hosting, stalls, promoted = point.hosting, point.stalls, point.promoted
    cloud = Cloud(recipe(hosting, stalls=stalls), definition(admits=promoted), point, stalls=stalls)
    of = source() if promoted else None
    result = Result(point, cloud)
    with deployed(cloud):
        begin(cloud, of)
        cloud.mend()
        settle_everything(cloud)
        result.broken += [f"after the fault: {broken}" for broken in _violations(cloud, of)]
        for _ in range(ATTEMPTS):
            if alias_of(cloud) is not None:
                break
            _try_again(cloud, of)
            settle_everything(cloud)
        result.broken += [
            f"in the end: {broken}"
            for broken in (
                *_violations(cloud, of),
                *_unfinished(cloud),
                *live_without_record(cloud),
                *record_without_live(cloud),
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


def upload(cloud: Cloud) -> None:
    cloud.objects["prompts", KEY] = prompts()
    detail = {"bucket": {"name": "prompts"}, "object": {"key": KEY, "version-id": "v1"}}
    cloud.deliver("receive", {"detail": detail})
    cloud.run_executions()


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


# What must hold


def _violations(cloud: Cloud, of: Promotable | None) -> Iterator[str]:
    """At any time at which no execution runs and the guard has passed."""
    runs, alias = cloud.ledger.runs(RECIPE), alias_of(cloud)
    yield from hosted_without_reason(cloud, alias)
    yield from _paid(cloud, runs)
    yield from promoted_without_reason(runs, alias)
    yield from runs_left(runs)
    yield from ledger_left(cloud, runs)
    if of:
        yield from promoted_otherwise(cloud, of, runs)


def hosted_without_reason(cloud: Cloud, alias: Alias | None) -> Iterator[str]:
    held = take_inventory(NAMES, cloud.world.client("bedrock", "us-east-1"))
    live = alias.endpoint.arn if alias else ""
    yield from (f"{host.name} is hosted without an alias or a lease" for host in held.endpoints if host.arn != live)
    yield from (f"job {job.name} still runs" for job in held.jobs)
    if alias and [host.model_arn for host in held.endpoints if host.arn == live] != [alias.current]:
        yield f"the endpoint of the alias does not serve {alias.current}"


def _paid(cloud: Cloud, runs: Sequence[RunRecord]) -> Iterator[str]:
    jobs = cloud.world.bedrock.inventory("111111111111")["jobs"]
    for record in runs:
        for name in record.job_names(NAMES):
            if len(made := [job for job in jobs if job["name"] == name]) > 1:
                yield f"run {record.run.id} has paid for {len(made)} jobs of the name {name}"
        if record.stalled_job and any(job["status"] != "Stopped" for job in jobs if job["name"] == record.stalled_job):
            yield f"run {record.run.id} gave up the job {record.stalled_job}, which was not stopped"
    with_student = [record for record in reversed(runs) if record.has_student]
    if len(with_student) > 1:
        yield f"{len(with_student)} students of the same prompts were paid for"
    completed = [job for job in jobs if job["status"] == "Completed"]
    if len(completed) > 1:
        yield f"{len(completed)} jobs of the same prompts were completed"


def promoted_without_reason(runs: Sequence[RunRecord], alias: Alias | None) -> Iterator[str]:
    if alias is None:
        return
    (record,) = [each for each in runs if each.run.id == alias.run]
    evaluated = record.stages.get(Stage.EVALUATION)
    passed = evaluated and (evaluated.product.get("passed") or record.exploratory.get("passed"))
    if not passed and not record.accepted:
        yield f"alias {alias.version} is of run {alias.run}, which has neither passed nor been accepted"
    if alias.current != model_of(record):
        yield f"the alias serves {alias.current}, not the student of its run"


def runs_left(runs: Sequence[RunRecord]) -> Iterator[str]:
    for record in runs:
        if record.outcome in OPEN_OUTCOMES:
            yield f"run {record.run.id} is still {record.outcome}"
        elif not record.reason:
            yield f"run {record.run.id} ended as {record.outcome} without a reason"


def ledger_left(cloud: Cloud, runs: Sequence[RunRecord]) -> Iterator[str]:
    yield from (f"{recipe} is locked by {holder}" for recipe, holder in cloud.ledger.active().items())
    yield from (f"a token of job {waiting.job} is kept" for waiting in cloud.ledger.waiting_jobs())
    yield from (f"the lease of {item['run']} is kept" for item in cloud.table.query("lease"))
    for record in runs:
        reserved = cloud.ledger.month(RECIPE, record.started_at).runs
        if record.outcome not in OPEN_OUTCOMES and record.incurred_no_cost is (record.run.id in reserved):
            is_or_not = "cost nothing and is" if record.incurred_no_cost else "has a cost and is not"
            yield f"run {record.run.id} {is_or_not} reserved"


def _unfinished(cloud: Cloud) -> Iterator[str]:
    """A verdict stands: an evaluation after it is exploratory, and a person decides by it."""
    if alias_of(cloud) is None and not any(record.was_explored for record in cloud.ledger.runs(RECIPE)):
        runs = [f"{record.run.id} {record.outcome}: {record.reason}" for record in cloud.ledger.runs(RECIPE)]
        yield f"nothing is live after {ATTEMPTS} more attempts: {runs or 'no run'}; {cloud.errors[-3:]}"


def live_without_record(cloud: Cloud) -> Iterator[str]:
    """Nothing is live without a record that the next environment can verify."""
    alias = alias_of(cloud)
    if alias is None:
        return
    body = cloud.objects.get(("data", f"{EVALUATIONS_PREFIX}{alias.run}/record.json"))
    if body is None:
        yield f"{alias.run} is live without a record"
        return
    found = verify(body, [cloud.kms.signer.public]).statement.record
    if (found.run, found.model_arn) != (alias.run, alias.current):
        yield f"the record of {alias.run} is about {found.run} and {found.model_arn}"


def record_without_live(cloud: Cloud) -> Iterator[str]:
    """In the end, no record that the next environment would admit is of a student that never went live."""
    live = {version.run for version in AliasHistory(cloud.table).of(RECIPE, alias_of(cloud))}
    for bucket, key in cloud.objects:
        if bucket == "data" and re.match(f"{EVALUATIONS_PREFIX}[^/]+/record", key) and key.split("/")[1] not in live:
            yield f"{key} is the record of a student that never went live"


def alias_of(cloud: Cloud) -> Alias | None:
    """The alias, read beside the functions, so that the read meets no fault."""
    return Aliases(cloud).read(NAMES.alias(RECIPE))  # type: ignore[arg-type]  # the one call that it makes
