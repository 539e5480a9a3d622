"""Who holds a recipe lock besides runs: roll-backs, acceptances, canaries that passed, and operators who delete what a
recipe has. The name of a roll-back, an acceptance or a canary is also its execution's."""

from datetime import UTC, datetime
from enum import StrEnum

from distillery.core.errors import BadRequest
from distillery.core.escaping import NAME_MAX, address, quoted

STAMP = "%Y%m%dT%H%M%SZ"


class HolderKind(StrEnum):
    """The values begin the holders' names."""

    ROLLBACK = "rollback-"
    ACCEPTANCE = "acceptance-"
    PRUNE = "prune-"
    RETIREMENT = "retirement-"
    HOURS = "hours-"
    """A change by business hours, which takes no recipe lock."""
    CANARY = "canary-"
    """A canary, which takes the lock only to make its student live."""
    WITHDRAWAL = "withdrawal-"
    """The execution that ends a canary whose own execution was stopped or broke. It takes no lock."""
    PROMOTION = "promotion-"
    """A promotion from another environment, which takes no recipe lock: its run does."""


def new_holder(kind: HolderKind, recipe: str, begun: datetime) -> str:
    """`rollback-support-20261123T090807Z`: one per second and recipe."""
    return f"{kind}{recipe}-{begun.astimezone(UTC).strftime(STAMP)}"


def kind_of(holder: str) -> HolderKind | None:
    """None for a run. A run id ends in an attempt number, any other holder in a time."""
    kinds = [kind for kind in HolderKind if holder.startswith(kind)]
    return kinds[0] if kinds and _stamp(holder) else None


def started_at(holder: str) -> datetime:
    """When the holder locked the recipe. Raises ValueError for a run."""
    begun = _stamp(holder)
    if begun is None:
        expected = " or ".join(f"{kind}<recipe>-<time>" for kind in HolderKind)
        raise ValueError(f"{holder!r} is the holder of no rollback, acceptance or deletion; expected {expected}")
    return begun


def _stamp(holder: str) -> datetime | None:
    try:
        return datetime.strptime(holder.rpartition("-")[2], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_promotion(name: str) -> bool:
    """Whether it is the id of a promotion, which also names the folder of its prompts."""
    return kind_of(name) is HolderKind.PROMOTION


def promoted_recipe(promotion: str) -> str:
    """The recipe of a promotion. Raises BadRequest where the text is the id of none."""
    if not is_promotion(promotion):
        raise BadRequest(
            f"the promotion is {quoted(address(promotion, NAME_MAX))}; an id such as {HolderKind.PROMOTION}<recipe>-"
            "<time> is needed: `distillery promotions` lists them"
        )
    return promotion.removeprefix(HolderKind.PROMOTION).rpartition("-")[0]
