"""Business hours under faults: a live endpoint is paused in the evening and serves again in the morning, and a call of
one of the two changes fails.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from distillery.core.business_hours import BusinessHours, Weekday
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import take_throughputs
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.recipe import Recipe
from distillery.settings import Settings
from tests.assemblies import assembly_of
from tests.faults.cloud import Cloud
from tests.faults.deployment import deployed
from tests.faults.invariants import NAMES, RECIPE, alias_of, ledger_left
from tests.faults.kinds import OF_CALLS, FaultKind, Point
from tests.faults.machine import Json, spelled
from tests.faults.sweep import recipe, upload
from tests.unit.stacks.assembly import resources, settings_of

HOURS = BusinessHours(opens="08:00", closes="18:00", timezone="Europe/Berlin", days=tuple(Weekday))
QUARTER = timedelta(minutes=15)
SAME = 3
"""How many calls of an operation in a step fail: later ones are of later passes of the guard, or of later questions."""
PATIENCE = 5 * 4
"""Passes of the guard, a quarter of an hour apart, within which a change must have come about after its fault."""


@cache
def settings() -> Settings:
    hourly = replace(recipe(HostingMode.PROVISIONED), business_hours=HOURS)
    return settings_of("dev").model_copy(update={"recipes": {RECIPE: hourly}})


@cache
def definition() -> Json:
    (pipeline,) = [one.template for one in assembly_of(settings()).stacks if one.name == NAMES.stack("pipeline")]
    (machine,) = resources(pipeline, "AWS::StepFunctions::StateMachine").values()
    found: Json = json.loads(spelled(machine["DefinitionString"]))
    return found


def live() -> Cloud:
    """An account whose recipe has a live endpoint, and no business hours yet."""
    return Cloud(recipe(HostingMode.PROVISIONED), definition())


def begin_hours(cloud: Cloud, hours: BusinessHours | None = HOURS) -> None:
    """What a deployment of new settings does."""
    own: Recipe = replace(cloud.recipe, business_hours=hours)
    cloud.recipe = own
    cloud.publish_settings()


def forward_until(cloud: Cloud, *, is_open: bool) -> None:
    """Lets time pass without a pass of the guard, until the hours have begun or ended."""
    while HOURS.is_open(now := datetime.fromtimestamp(cloud.now(), UTC)) is not is_open:
        cloud.world.clock.at += HOURS.next_change(now) - now
        cloud.world.bedrock.tick()


def guard_passes(cloud: Cloud, times: int = 1) -> None:
    for _ in range(times):
        cloud.world.clock.at += QUARTER
        cloud.world.bedrock.tick()
        cloud.run_schedule()
        cloud.run_executions()


def run(point: Point | None, *, is_open: bool) -> tuple[list[str], Cloud]:
    """A change, with a fault in it, and what must hold afterwards. The other change follows without a fault."""
    cloud = live()
    with deployed(cloud):
        upload(cloud)
        begin_hours(cloud)
        if is_open:
            forward_until(cloud, is_open=False)
            guard_passes(cloud, 2)
        forward_until(cloud, is_open=is_open)
        cloud.sites.clear()
        cloud.count_anew()
        cloud.point = point
        guard_passes(cloud, 2)
        struck = cloud.struck
        cloud.mend()
        guard_passes(cloud, PATIENCE)
        broken = list(_violations(cloud))
        forward_until(cloud, is_open=not HOURS.is_open(datetime.fromtimestamp(cloud.now(), UTC)))
        guard_passes(cloud, 4)
        broken += [f"after the next change: {each}" for each in _violations(cloud)]
        if point and not struck:
            broken.append("the fault did not happen")
    return broken, cloud


def _violations(cloud: Cloud) -> Iterator[str]:
    is_open = HOURS.is_open(datetime.fromtimestamp(cloud.now(), UTC))
    alias = alias_of(cloud)
    held = [each.arn for each in take_throughputs(NAMES, cloud.world.client("bedrock", "us-east-1"))]
    if alias is None or bool(alias.paused) is is_open:
        yield f"the alias is {alias and alias.paused} while the hours are {'open' if is_open else 'closed'}"
        return
    if held != ([alias.endpoint.arn] if is_open else []):
        yield f"{held} are hosted, and the alias names {alias.serving_arn}"
    yield from (f"{change.holder} is still in progress" for change in HoursChanges(cloud.table).all())
    yield from ledger_left(cloud, cloud.ledger.runs(RECIPE))


@cache
def points() -> tuple[tuple[Point, bool], ...]:
    """Each call of a change that succeeds, in each way in which it can fail, and whether it is an opening."""
    found = []
    for is_open in (False, True):
        broken, cloud = run(None, is_open=is_open)
        assert not broken, broken
        steps = ("sweep", "PromotionFunction")
        sites = dict.fromkeys(each for each in cloud.sites if each.number <= SAME and each.step.startswith(steps))
        found += [
            (Point(HostingMode.PROVISIONED, site, kind), is_open)
            for site in sites
            for kind in OF_CALLS
            if kind is not FaultKind.REPEATED or site.service == "dynamodb"
        ]
    return tuple(found)


def sample(share: float, seed: str) -> list[tuple[Point, bool]]:
    every = points()
    return random.Random(seed).sample(every, round(len(every) * share))
