"""A second student goes live at once, as a person decides or after a canary, or is withdrawn as worse; a call fails."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from distillery.core.canary import CanaryOptions, CanaryOutcome
from distillery.core.canary_start import canary_usd
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.items import RunRecord, model_of
from distillery.core.pipeline import Alias, Outcome
from tests.faults.cloud import SCHEDULE, Cloud
from tests.faults.deployment import deployed
from tests.faults.invariants import RECIPE, alias_of, is_promoted, violations, violations_in_the_end
from tests.faults.kinds import Point, Story
from tests.faults.live import live
from tests.faults.machine import StateFailed
from tests.faults.sweep import ATTEMPTS, Result, definition, recipe, settle_everything, upload

CANARY = CanaryOptions(share=0.2, minutes=30, min_calls=100)
OF_CANARIES = (Story.CANARY, Story.WORSE, Story.ABANDONED, Story.STOPPED)
LOOK, WITHDRAW = "PromotionCanaryFunction.look", "PromotionCanaryFunction.withdraw"
"""After which a canary is stopped or abandoned, and its withdrawal too."""
PASSES = 3
"""Of the guard, within which it ends an abandoned canary."""
FAST_MS = 100.0
"""The latency of the live model where the canary's is worse."""


def run(point: Point | None, hosting: str, story: Story) -> Result:
    """Uploads other prompts, lets the fault happen, mends it, and decides as a person would."""
    canary = CANARY if story in OF_CANARIES else None
    own = replace(recipe(hosting), canary=canary, auto_promote=story is not Story.ACCEPTED)
    cloud = live(hosting, own, definition(canary=canary))
    before, stays = alias_of(cloud), Outcome.REJECTED if story is Story.WORSE else None
    assert before is not None
    if story is Story.WORSE:
        cloud.cloudwatch.latency = {before.endpoint.arn: FAST_MS}
    cloud.point, result = point, Result(point, cloud)
    if story is Story.ABANDONED:
        cloud.after = {LOOK: cloud.abort, WITHDRAW: cloud.abort}
    if story is Story.STOPPED:
        cloud.after = {LOOK: lambda: _ask(cloud, "stop", {"run": _latest(cloud).run.id, "reason": "complaints"})}
    with deployed(cloud):
        upload(cloud, 1)
        if story is Story.ACCEPTED or (canary and own.is_hourly):  # a person confirms what its endpoint bills
            _decide(cloud)
        for _ in range(PASSES if story is Story.ABANDONED else 0):
            cloud.wait(SCHEDULE)
            cloud.run_executions()
        cloud.mend()
        if any(each.stopped_by for each in _canaries(cloud)):
            stays = Outcome.DECLINED
        settle_everything(cloud)
        result.broken += [f"after the fault: {broken}" for broken in _violations(cloud, before, stays=stays)]
        for _ in range(ATTEMPTS):
            if _is_decided(cloud, stays=stays):
                break
            _decide(cloud)
            settle_everything(cloud)
        result.broken += [
            f"in the end: {broken}"
            for broken in (
                *_violations(cloud, before, stays=stays),
                *_undecided(cloud, stays=stays),
                *violations_in_the_end(cloud),
            )
        ]
        if point and not cloud.struck:
            result.broken.append("the fault did not happen")
    return result


def _latest(cloud: Cloud) -> RunRecord:
    return cloud.ledger.runs(RECIPE)[0]


def _canaries(cloud: Cloud) -> list[CanaryRecord]:
    return [each for each in Canaries(cloud.table).of(RECIPE) if each.run == _latest(cloud).run.id]


def _is_decided(cloud: Cloud, *, stays: Outcome | None) -> bool:
    """Whether the student is live, or was found worse or stopped."""
    if stays:
        return any(each.outcome in (CanaryOutcome.WORSE, CanaryOutcome.STOPPED) for each in _canaries(cloud))
    alias = alias_of(cloud)
    return alias is not None and alias.run == _latest(cloud).run.id and is_promoted(cloud)


def _decide(cloud: Cloud) -> None:
    """A failed run is resumed; the student of any other is accepted."""
    record = _latest(cloud)
    verb, body = "resume", dict[str, Any]({"run": record.run.id, "reason": "the fault is mended"})
    if record.outcome is not Outcome.FAILED:
        usd = str(canary_usd(record.run.recipe))
        verb, body = "accept", {**body, "accept": True, "seen": record.acceptance, "canary_usd": usd}
    _ask(cloud, verb, body)
    cloud.run_executions()


def _ask(cloud: Cloud, verb: str, body: dict[str, Any]) -> None:
    """Asks a function, and once more where it did not do it, as people do."""
    for _ in range(2):
        try:
            answer = cloud.ask(verb, body)
        except StateFailed as failed:
            cloud.errors.append(f"{verb}: {failed}")
            continue
        if answer["statusCode"] == HTTPStatus.OK:
            return
        cloud.errors.append(f"{verb}: {answer['body']}")


# What must hold


def _violations(cloud: Cloud, before: Alias, *, stays: Outcome | None) -> Iterator[str]:
    """At any time at which no execution runs and the guard has passed."""
    runs, alias = cloud.ledger.runs(RECIPE), alias_of(cloud)
    yield from violations(cloud, runs, alias)
    yield from _canaries_left(cloud)
    assert alias is not None
    if alias.canary:
        yield f"the alias still names {alias.canary.salt}"
    if alias.endpoint != before.endpoint:
        yield f"the live endpoint is {alias.endpoint.arn} and was {before.endpoint.arn}"
    if alias.current != before.current:
        yield from _live_otherwise(cloud, alias, before, stays=stays)
    elif alias.version != before.version:
        yield f"the same model is live as version {alias.version}"


def _live_otherwise(cloud: Cloud, alias: Alias, before: Alias, *, stays: Outcome | None) -> Iterator[str]:
    record = _latest(cloud)
    if stays:
        yield f"{alias.current} is live, and its canary was worse or stopped"
    if alias.current != model_of(record):
        yield f"{alias.current} is live, which is not the student of {record.run.id}"
    if record.run.recipe.canary and not any(each.outcome is CanaryOutcome.PASSED for each in _canaries(cloud)):
        yield f"{alias.current} is live, and none of its canaries has passed"
    if (alias.version, alias.previous) != (before.version + 1, before.current):
        yield f"version {alias.version} follows {alias.previous}"


def _canaries_left(cloud: Cloud) -> Iterator[str]:
    canaries = Canaries(cloud.table)
    yield from (f"{each.holder} is still in progress" for each in canaries.all())
    for each in canaries.of(RECIPE):
        if each.closed and not each.reason:
            yield f"{each.holder} ended as {each.outcome} without a reason"
        reserved = cloud.ledger.month(RECIPE, each.opened).runs.get(each.holder, 0)
        if reserved != each.used_usd:
            yield f"${reserved} are reserved for {each.holder}, and it can have cost ${each.used_usd}"


def _undecided(cloud: Cloud, *, stays: Outcome | None) -> Iterator[str]:
    if not _is_decided(cloud, stays=stays):
        record = _latest(cloud)
        ended = [f"{each.holder} {each.outcome}: {each.reason}" for each in _canaries(cloud)]
        yield f"run {record.run.id} is {record.outcome} ({record.reason}); {ended or 'no canary'}; {cloud.errors[-3:]}"
    elif stays and not (record := _latest(cloud)).accepted and record.outcome is not stays:
        # the run of a student that was accepted stays what it was
        yield f"run {record.run.id} is {record.outcome}, and its canary was worse or stopped"
