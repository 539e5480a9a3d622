"""Who may hold a recipe besides a run: a roll-back, named so that its age can be read from its name."""

from datetime import UTC, datetime

PREFIX = "rollback-"
STAMP = "%Y%m%dT%H%M%SZ"


def rollback_holder(recipe: str, begun: datetime) -> str:
    """`rollback-support-20261123T090807Z`: also the execution's name, so one per second and recipe."""
    return f"{PREFIX}{recipe}-{begun.astimezone(UTC).strftime(STAMP)}"


def is_rollback(holder: str) -> bool:
    """A run's id ends in an attempt number, a roll-back's holder in a time: a recipe may be named `rollback`."""
    return holder.startswith(PREFIX) and _stamp(holder) is not None


def rollback_begun(holder: str) -> datetime:
    """When the roll-back took the recipe."""
    begun = _stamp(holder)
    if begun is None:
        raise ValueError(f"{holder!r} is not a roll-back's holder; they look like {PREFIX}<recipe>-<time>")
    return begun


def _stamp(holder: str) -> datetime | None:
    try:
        return datetime.strptime(holder.rpartition("-")[2], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
