"""A model's life cycle on Bedrock: NOT_YET → ACTIVE → LEGACY → ENDED.

What each state permits, source UG model-lifecycle-legacy: a LEGACY model still answers, but takes no new
customization job and no new Provisioned Throughput; models customized before may still be deployed on demand.
After ENDED every request fails, and Bedrock never migrates anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Certainty(StrEnum):
    """How certain an end of life is. ANNOUNCED is a date to act on; the others justify a warning."""

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

    `legacy_by` and `ended_by` are for a change that is known to have happened by that day though the day itself
    is not known: from then on the state is sure, before it the change is not assumed. `overrides` are the
    Regions whose dates differ. On the very day of its end a model counts as ENDED.
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

    @property
    def declines(self) -> date | None:
        """The first day on which the model is certainly LEGACY."""
        return min((day for day in (self.legacy, self.legacy_by) if day), default=None)

    @property
    def ends(self) -> date | None:
        """The first day on which the model is certainly ENDED. "No sooner than" is not certain."""
        announced = self.end if self.certainty is Certainty.ANNOUNCED else None
        return min((day for day in (announced, self.ended_by) if day), default=None)

    def state(self, on: date, region: str | None = None) -> LifeState:
        """The state on the day `on`, in `region` where its dates differ."""
        life = self.within(region)
        if life.first and on < life.first:
            return LifeState.NOT_YET
        if life.ends and on >= life.ends:
            return LifeState.ENDED
        return LifeState.LEGACY if life.declines and on >= life.declines else LifeState.ACTIVE
