"""The ways in which a target environment gets a student, and why each is possible or not.

The catalog decides: which base models Bedrock shares and copies, and where a student can be trained and hosted. Nothing
here names a model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Eligibility
from distillery.core.hosting_mode import HostingMode
from distillery.core.promotions import Way
from distillery.core.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an environment is.

    Attributes:
        account: None where it is not known.
        region: Its home Region.
        keeps_data: Whether its data outlives its stacks; None where it is not known.
        copy_from: Of a target: the accounts whose models it may copy.
    """

    environment: str
    account: str | None
    region: str
    keeps_data: bool | None
    copy_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOption:
    """A way, and in one sentence why it is possible or not."""

    way: Way
    possible: bool
    reason: str


def ways(recipe: Recipe, source: Place, target: Place, on: date) -> tuple[WayOption, ...]:
    """Every way to a student of the target's recipe on that day, in the order of preference."""
    found: list[WayOption] = []
    for way, (rule, possible) in _RULES.items():
        obstacles = [*rule(recipe, source, target, on), *_hosting_obstacles(recipe, target, on)]
        reason = obstacles[0] if obstacles else possible.format(source=source.environment, target=target.environment)
        found.append(WayOption(way=way, possible=not obstacles, reason=reason))
    return tuple(found)


def _repoint_obstacles(_recipe: Recipe, source: Place, target: Place, _on: date) -> Iterator[str]:
    if target.account is None:
        yield _unknown_account(target)
    elif source.account != target.account:
        yield f"an account cannot use another account's model: {_where(source)}, and {_where(target)}"
    elif source.region != target.region:
        yield f"an endpoint serves models of its own Region: {_where(source)}, and {_where(target)}"
    for one in (source, target):
        if one.keeps_data is not False:
            why = "keeps its data" if one.keeps_data else "does not say in its record whether it does"
            yield f"only environments with keep_data = false share a model, and {one.environment} {why}"


def _copy_obstacles(recipe: Recipe, source: Place, target: Place, _on: date) -> Iterator[str]:
    base = catalog.model(recipe.student)
    if target.account is None:
        yield _unknown_account(target)
    elif source.account == target.account and source.region == target.region:
        yield f"the model is in the account and Region of {target.environment} already"
    elif source.account != target.account and not base.shareable:
        yield f"Bedrock does not share custom models of {base.name} between accounts"
    if source.region != target.region and target.region not in base.copy_regions:
        regions = ", ".join(sorted(base.copy_regions)) or "no other Region"
        yield f"Bedrock copies custom models of {base.name} to {regions}, not to {target.region}"
    if source.account not in target.copy_from:
        settings = f"the settings of {target.environment}"
        yield f"{settings} do not allow copies from account {source.account}: add it to copy_from"


def _redistil_obstacles(recipe: Recipe, _source: Place, target: Place, on: date) -> Iterator[str]:
    offered = {(one.teacher, one.student) for one in catalog.pairs(target.region, on)}
    if (recipe.teacher, recipe.student) not in offered:
        yield f"Bedrock does not distil {recipe.teacher} into {recipe.student} in {target.region} on {on}"


def _hosting_obstacles(recipe: Recipe, target: Place, on: date) -> Iterator[str]:
    if not (found := _hosted(recipe, target.region, on)).ok:
        yield found.reason


def _hosted(recipe: Recipe, region: str, on: date) -> Eligibility:
    if recipe.hosting is HostingMode.PROVISIONED:
        return catalog.throughput_eligible(recipe.student, region, on)
    return catalog.on_demand_eligible(recipe.student, region, on)


def _unknown_account(target: Place) -> str:
    return (
        f"the settings of {target.environment} name no account, and these credentials do not reach it, so it is not "
        "known whether both environments are in one account"
    )


def _where(place: Place) -> str:
    return f"{place.environment} is in {place.account}, {place.region}"


_RULES = {
    Way.REPOINT: (
        _repoint_obstacles,
        "{source} and {target} are disposable and in one account and Region, so {target} can use the model itself",
    ),
    Way.COPY: (_copy_obstacles, "Bedrock copies the model to the account and Region of {target}, which can host it"),
    Way.REDISTIL: (_redistil_obstacles, "{target} trains its own student on the same prompts, with the same request"),
}
