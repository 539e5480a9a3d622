"""What the simulator knows about a foundation model, and how it is asked.

Transcribed from the pages of AWS that the modules beside this one name. Dates are UTC days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bedrock_simulator.catalog import capacity

Destinations = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    """A system-defined inference profile: source Region → destination Regions ("" is a global one's own)."""

    id: str
    routes: Destinations
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A foundation model as Bedrock offers it in the US Regions.

    `variants` are its ids to customize (`…:128k`); `capacity` knows those to provision. `strong` models know the task
    (they speak through the stand-in teacher); the others are untrained students.
    """

    id: str
    name: str
    provider: str
    first: date
    in_region: frozenset[str] = frozenset()
    profiles: tuple[Profile, ...] = ()
    variants: tuple[str, ...] = ()
    customize: frozenset[str] = frozenset()
    legacy: date | None = None
    end: date | None = None
    optimized: Mapping[str, date] = field(default_factory=dict)
    tiers: frozenset[str] = frozenset()
    on_demand_custom: frozenset[str] = frozenset()
    strong: bool = False
    multi_turn: bool = False
    reasons_aloud: bool = False
    prices: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def throughput(self) -> frozenset[str]:
        """Where model units are sold for any of its variants."""
        sold = [each.regions for name, each in capacity.FOR_SALE.items() if name.startswith(f"{self.id}:")]
        return frozenset().union(*sold)

    @property
    def regions(self) -> frozenset[str]:
        """Where the control plane knows the model."""
        sources = {region for profile in self.profiles for region in profile.routes}
        return self.in_region | sources | self.customize | self.throughput

    def exists(self, on: date, region: str) -> bool:
        """Known there, launched, and not past its end of life."""
        return region in self.regions and self.first <= on and not self.ended(on)

    def ended(self, on: date) -> bool:
        """Past end of life: "requests made to it will fail"."""
        return self.end is not None and on >= self.end

    def is_legacy(self, on: date) -> bool:
        """In the Legacy period: no new customization, no new Provisioned Throughput."""
        return self.legacy is not None and on >= self.legacy

    def profile(self, profile_id: str) -> Profile | None:
        """The profile with that id, if this model has one."""
        return next((p for p in self.profiles if p.id == profile_id), None)


@dataclass(frozen=True, slots=True)
class Pair:
    """A teacher that may teach a student, where, and how the teacher is named in the request."""

    teacher: str
    student: str
    region: str
    first: date
    teacher_on_demand: bool
    teacher_profile: bool
    last: date | None = None

    def offered(self, on: date) -> bool:
        """Whether a new job may name the pair on that day, the lives of both apart."""
        return self.first <= on and (self.last is None or on < self.last)
