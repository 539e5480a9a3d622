"""The types of the catalog: models, inference profiles, teacher-student pairs, and Provisioned Throughput.

Transcribed from the AWS pages that the modules of this package name. Dates are UTC days.

Provisioned Throughput (User Guide, prov-thru-supported) is bought for a context-length variant of a base model, or for
a custom model. Dates are those of the document history; where it has none, throughput is available from the model's own
first day (INFERENCE).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

_EAST, _WEST = frozenset({"us-east-1"}), frozenset({"us-west-2"})
_BOTH = _EAST | _WEST


@dataclass(frozen=True, slots=True)
class Capacity:
    """A variant with Provisioned Throughput; `quota` is the code of its quota of model units, where it is known."""

    regions: frozenset[str]
    quota: str | None = None
    first: date = date.min


_SHORT = date(2025, 4, 2)  # "in addition to 24k context windows for Amazon Nova Lite, Micro and Pro"
_SONNET = date(2024, 9, 23)
_LLAMA_32 = date(2025, 3, 13)
_SONNETS = ("anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20241022-v2:0")

PROVISIONED_CAPACITY: Mapping[str, Capacity] = {
    "amazon.nova-2-lite-v1:0:256k": Capacity(_EAST, "L-07D3BCF0"),
    "amazon.nova-lite-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-lite-v1:0:300k": Capacity(_EAST, "L-127FC9D0"),
    "amazon.nova-micro-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-micro-v1:0:128k": Capacity(_EAST, "L-AC096F71"),
    "amazon.nova-pro-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-pro-v1:0:300k": Capacity(_EAST, "L-E48B7984"),
    "anthropic.claude-3-haiku-20240307-v1:0:48k": Capacity(_BOTH, "L-3BE61D60"),
    "anthropic.claude-3-haiku-20240307-v1:0:200k": Capacity(_BOTH, "L-EF415EF6"),
    **{f"{name}:{size}": Capacity(_WEST, first=_SONNET) for name in _SONNETS for size in ("18k", "51k", "200k")},
    "meta.llama3-1-8b-instruct-v1:0:128k": Capacity(_WEST, "L-3632DE15"),
    "meta.llama3-1-70b-instruct-v1:0:128k": Capacity(_WEST, "L-DD7903AD"),
    "meta.llama3-2-1b-instruct-v1:0:128k": Capacity(_WEST, "L-B547321D", _LLAMA_32),
    "meta.llama3-2-3b-instruct-v1:0:128k": Capacity(_WEST, "L-12E68701", _LLAMA_32),
}


def is_provisionable(variant: str, region: str, today: date) -> bool:
    """Whether model units can be bought in the Region on that day, apart from the model's life cycle."""
    capacity = PROVISIONED_CAPACITY.get(variant)
    return capacity is not None and region in capacity.regions and capacity.first <= today


Destinations = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Profile:
    """A system-defined inference profile; `routes` maps source to destination Regions ("" for a global profile's)."""

    id: str
    routes: Destinations
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A foundation model as Bedrock provides it in the US Regions.

    Attributes:
        variants: The model IDs to customize (`…:128k`).
        strong: Whether the model solves the task: the stand-in teacher answers for it. Others are untrained students.
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
    returns_reasoning: bool = False
    prices: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def throughput(self) -> frozenset[str]:
        """The Regions where model units are available for any variant of the model."""
        sold = [each.regions for name, each in PROVISIONED_CAPACITY.items() if name.startswith(f"{self.id}:")]
        return frozenset().union(*sold)

    @property
    def regions(self) -> frozenset[str]:
        """The Regions where the control plane knows the model."""
        sources = {region for profile in self.profiles for region in profile.routes}
        return self.in_region | sources | self.customize | self.throughput

    def exists(self, on: date, region: str) -> bool:
        """Whether the model is known in the Region, launched, and not past its end of life."""
        return region in self.regions and self.first <= on and not self.ended(on)

    def ended(self, on: date) -> bool:
        """Whether the model is past its end of life: "requests made to it will fail"."""
        return self.end is not None and on >= self.end

    def is_legacy(self, on: date) -> bool:
        """Whether the model is in its Legacy period: no new customization, no new Provisioned Throughput."""
        return self.legacy is not None and on >= self.legacy

    def profile(self, profile_id: str) -> Profile | None:
        """Returns the profile with that ID, None if the model has none."""
        return next((p for p in self.profiles if p.id == profile_id), None)


@dataclass(frozen=True, slots=True)
class Pair:
    """A teacher and a student in a Region, and how a request may name the teacher."""

    teacher: str
    student: str
    region: str
    first: date
    teacher_on_demand: bool
    teacher_profile: bool
    last: date | None = None

    def is_available(self, on: date) -> bool:
        """Whether a new job may use the pair on that day, apart from the life cycles of both models."""
        return self.first <= on and (self.last is None or on < self.last)
