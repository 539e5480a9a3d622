"""The version of its alias that a recipe returns to."""

from collections.abc import Sequence

from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger.history import LiveVersion
from distillery.core.ledger.rollbacks import RollbackRecord
from distillery.core.pipeline import Alias


def rollback_target(
    alias: Alias, versions: Sequence[LiveVersion], rollbacks: Sequence[RollbackRecord], to: int | None
) -> LiveVersion:
    """The version to return to.

    Without `to`, it is the one before. After a roll-back that is the model which somebody left, and a person who asks
    twice would undo the first request: it must be named.

    Args:
        alias: What is live.
        versions: The history of the alias, the newest first.
        rollbacks: The roll-backs of the recipe.
        to: The version that was asked for.

    Raises:
        NothingToRollBack: There is no other model, the model is live already, or the version must be named.
        BadRequest: The history does not have the version.
    """
    if to is not None:
        return _named(alias, versions, to)
    if alias.previous is None:
        raise NothingToRollBack(f"recipe {alias.recipe!r} has had one model only, {alias.current}")
    before = [each for each in versions if each.version < alias.version and each.model == alias.previous]
    target = before[0] if before else LiveVersion(version=alias.version - 1, model=alias.previous)
    if made := made_by(alias, rollbacks):
        raise NothingToRollBack(
            f"version {alias.version} of recipe {alias.recipe!r} is live because of {made.holder}, which left "
            f"{alias.previous}; a second roll-back would return to that model, version {target.version}, and undo "
            f"the first: name the version that you want, with --to {target.version} or another of "
            f"{_others(alias, versions)}"
        )
    return target


def made_by(alias: Alias, rollbacks: Sequence[RollbackRecord]) -> RollbackRecord | None:
    """The roll-back that wrote the alias; None where a promotion did."""
    for record in rollbacks:
        same = (record.to, record.left) == (alias.current, alias.previous)
        if same and record.opened <= alias.changed and (record.closed is None or record.closed >= alias.changed):
            return record
    return None


def _named(alias: Alias, versions: Sequence[LiveVersion], to: int) -> LiveVersion:
    found = next((each for each in versions if each.version == to), None)
    if found is None:
        raise BadRequest(
            f"the alias of {alias.recipe!r} has no version {to} in its history; choose one of "
            f"{_others(alias, versions)}"
        )
    if found.model == alias.current:
        raise NothingToRollBack(
            f"the model of version {to} of recipe {alias.recipe!r} is live already, as version {alias.version}; choose "
            f"one of {_others(alias, versions)}"
        )
    return found


def _others(alias: Alias, versions: Sequence[LiveVersion]) -> str:
    """The versions whose model is not live, for people."""
    others = [str(each.version) for each in versions if each.model != alias.current]
    return ", ".join(others) or "none: there is no other model"
