"""A model's life cycle on Bedrock: NOT_YET → ACTIVE → LEGACY → ENDED.

What each state permits, source UG model-lifecycle-legacy: a LEGACY model still answers, but takes no new customization
job and no new Provisioned Throughput; models customized before may still be deployed on demand. After ENDED every
request fails, and Bedrock never migrates anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Certainty(StrEnum):
    """What is known of an end of life. Only ANNOUNCED is a date to act on; the others are grounds for a warning."""

    ANNOUNCED = "announced"
    NO_SOONER_THAN = "no sooner than"
    UNKNOWN = "unknown"


class LifeState(StrEnum):
    """The state of a model on a day."""

    NOT_YET = "not yet"
    ACTIVE = "active"
    LEGACY = "legacy"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The days on which a model's state changes, and how sure its end is.

    `legacy_by` and `ended_by` are for a change that is known to have happened by that day though the day itself is not
    known: from then on the state is sure, before it the change is not assumed. `overrides` are the Regions whose dates
    differ. On the very day of its end a model counts as ENDED: nothing new should be built on it.
    """

    first: date | None
    source: str
    legacy: date | None = None
    end: date | None = None
    certainty: Certainty = Certainty.UNKNOWN
    legacy_by: date | None = None
    ended_by: date | None = None
    overrides: Mapping[str, "Life"] = field(default_factory=dict, hash=False)

    def within(self, region: str | None) -> "Life":
        """The life cycle that holds in `region`."""
        return self.overrides.get(region, self) if region else self

    def state(self, on: date, region: str | None = None) -> LifeState:
        """The state on the day `on`. An end that is only "no sooner than" never makes a model ENDED."""
        life = self.within(region)
        announced = life.end if life.certainty is Certainty.ANNOUNCED else None
        if life.first and on < life.first:
            return LifeState.NOT_YET
        if _reached(on, announced, life.ended_by):
            return LifeState.ENDED
        return LifeState.LEGACY if _reached(on, life.legacy, life.legacy_by) else LifeState.ACTIVE


def _reached(on: date, *days: date | None) -> bool:
    return any(day is not None and on >= day for day in days)
