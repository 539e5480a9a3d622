"""The model that is live is shared with another account, and the share ends; a call fails."""

from collections.abc import Iterator
from http import HTTPStatus

from distillery.core.env_vars import Variable
from distillery.core.pipeline import Alias
from tests.faults.cloud import Cloud
from tests.faults.deployment import deployed
from tests.faults.functions import VARIABLES
from tests.faults.invariants import alias_of
from tests.faults.kinds import Point
from tests.faults.live import live
from tests.faults.machine import StateFailed
from tests.faults.sweep import ATTEMPTS, Result, definition, recipe, settle_everything

WITH = "222222222222"
SHARING: dict[str, str] = {**VARIABLES, Variable.SHARES: "true", Variable.SHARE_WITH: f'["{WITH}"]'}


def run(point: Point | None, hosting: str) -> Result:
    """Shares, ends the share, and shares again for the guard to end; lets the fault happen, and asks again."""
    cloud = live(hosting, recipe(hosting), definition(), SHARING)
    alias = alias_of(cloud)
    assert alias is not None
    cloud.point, result = point, Result(point, cloud)
    with deployed(cloud):
        for ends in (False, True, False):
            _ask(cloud, alias, ends=ends)
            result.broken += _violations(cloud, alias)
        cloud.run_schedule()
        cloud.world.clock.forward(hours=25)
        cloud.run_schedule()
        cloud.mend()
        cloud.run_schedule()
        if cloud.ram.shares:
            result.broken.append(f"the guard has left {[*cloud.ram.shares]}")
        if not any(_ask(cloud, alias, ends=False) for _ in range(ATTEMPTS)) or len(cloud.ram.shares) != 1:
            result.broken.append(f"the model cannot be shared again: {cloud.errors[-3:]}")
        result.broken += _violations(cloud, alias)
        settle_everything(cloud)
        if cloud.ram.shares:
            result.broken.append(f"in the end: the guard has left {[*cloud.ram.shares]}")
        if point and not cloud.struck:
            result.broken.append("the fault did not happen")
    return result


def _ask(cloud: Cloud, alias: Alias, *, ends: bool) -> bool:
    """Whether the function has done it, perhaps after a repetition; what it told must be so."""
    for _ in range(2):
        try:
            answer = cloud.ask("share", {"run": alias.run, "account": WITH, "end": ends})
        except StateFailed as failed:
            cloud.errors.append(f"share: {failed}")
            continue
        if answer["statusCode"] == HTTPStatus.OK:
            assert len(cloud.ram.shares) == (0 if ends else 1)
            return True
        cloud.errors.append(f"share: {answer['body']}")
    return False


def _violations(cloud: Cloud, alias: Alias) -> Iterator[str]:
    """One share at most, of the live model, with that account alone, and with its end and who asked for it."""
    if len(cloud.ram.shares) > 1:
        yield f"{len(cloud.ram.shares)} shares of one model with one account"
    for arn, share in cloud.ram.shares.items():
        tags = {tag["key"]: tag["value"] for tag in share["tags"]}
        if (share["resourceArns"], share["principals"]) != ([alias.current], [WITH]):
            yield f"{arn} shares {share['resourceArns']} with {share['principals']}"
        if not all(tags.get(f"distillery:{key}") for key in ("environment", "owner", "run", "until")):
            yield f"{arn} has the tags {tags}"
