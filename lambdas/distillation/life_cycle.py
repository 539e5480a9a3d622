"""The state of a model as the service itself tells it."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import FoundationModelDetailsTypeDef

DATES = ("startOfLifeTime", "legacyTime", "endOfLifeTime")


class LifeCycle(StrEnum):
    """UNKNOWN: the answer had no status or no dates, as an old SDK makes it look; never taken for active."""

    ACTIVE = "active"
    LEGACY = "legacy"
    ENDED = "ended"
    UNKNOWN = "unknown"


def life_cycle(details: "FoundationModelDetailsTypeDef", now: datetime) -> LifeCycle:
    """Source: GetFoundationModel, modelDetails.modelLifecycle. A date that has passed weighs more than the status."""
    life = details.get("modelLifecycle", {})
    status = life.get("status")
    days = {name: day for name in DATES if isinstance(day := life.get(name), datetime)}
    passed = {name for name, day in days.items() if day <= now}
    if "endOfLifeTime" in passed:
        return LifeCycle.ENDED
    if status == "LEGACY" or "legacyTime" in passed:
        return LifeCycle.LEGACY
    return LifeCycle.ACTIVE if status == "ACTIVE" and days else LifeCycle.UNKNOWN
