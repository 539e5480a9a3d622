"""The shapes of what the catalog knows. All frozen; dates are UTC calendar days; prices are US dollars.

Bedrock has four kinds of model id that look alike and are not interchangeable; here each has its own type:

=============  ==========================================  ================================================
`InvokeId`     ``amazon.nova-micro-v1:0``                  invoke on demand in one Region; the catalog's key
`CustomizeId`  ``amazon.nova-micro-v1:0:128k``             ``baseModelIdentifier`` of a customization job
`ProfileId`    ``us.amazon.nova-micro-v1:0``               invoke through a cross-Region inference profile
`HostId`       ``amazon.nova-micro-v1:0:128k``             base segment of custom-model ARNs: what is hosted
=============  ==========================================  ================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from distillery.core.catalog.life import Life

InvokeId = NewType("InvokeId", str)
CustomizeId = NewType("CustomizeId", str)
ProfileId = NewType("ProfileId", str)
HostId = NewType("HostId", str)

Regions = frozenset[str]

ANYWHERE = ""
"""The Region segment of the model ARN behind a *global* profile: ``arn:aws:bedrock:::foundation-model/<id>``.
Source: UG geographic-cross-region-inference."""


class Latency(StrEnum):
    """``performanceConfig.latency`` of Converse. Source: botocore 1.44.5, bedrock-runtime."""

    STANDARD = "standard"
    OPTIMIZED = "optimized"


class Tier(StrEnum):
    """``serviceTier.type`` of Converse. Source: botocore 1.44.5, bedrock-runtime."""

    DEFAULT = "default"
    PRIORITY = "priority"
    FLEX = "flex"
    RESERVED = "reserved"


class TeacherIdentifier(StrEnum):
    """How a distillation job may name its teacher. Source: UG prequisites-model-distillation."""

    IN_REGION = "in-region"
    PROFILE = "profile"
    BOTH = "both"


class PriceKind(StrEnum):
    """What a token price is for: standard, latency-optimized, or a service tier."""

    STANDARD = "standard"
    OPTIMIZED = "optimized"
    PRIORITY = "priority"
    FLEX = "flex"


@dataclass(frozen=True, slots=True)
class Surcharge:
    """A request with more than `above_input_tokens` costs `factor` times its price, input and output."""

    above_input_tokens: int
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, on demand, as its source printed it on `as_of`.

    `through` is the profile the price is for; None is the bare id, called in its own Region.
    """

    per_million_input: Decimal
    per_million_output: Decimal
    kind: PriceKind
    through: ProfileId | None
    as_of: date
    source: str
    surcharge: Surcharge | None = None

    def cost(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """The cost of one request, in US dollars."""
        dollars = (self.per_million_input * input_tokens + self.per_million_output * output_tokens) / 1_000_000
        dear = self.surcharge and input_tokens > self.surcharge.above_input_tokens
        return dollars * self.surcharge.factor if self.surcharge and dear else dollars


@dataclass(frozen=True, slots=True)
class StoragePrice:
    """The price of storing one custom model, in US dollars a month."""

    per_model_month: Decimal
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class TrainingPrice:
    """The price of training, in US dollars per million tokens (all epochs)."""

    per_million_tokens: Decimal
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A system-defined cross-Region inference profile.

    `destinations` maps each Region one may call it from to the Regions it may route to; a caller needs
    ``bedrock:InvokeModel`` on the model in every one of them. A global profile's are its source and `ANYWHERE`.
    """

    id: ProfileId
    destinations: Mapping[str, tuple[str, ...]] = field(hash=False)
    source: str
    first: date | None = None

    @property
    def geography(self) -> str:
        """The id's prefix: ``us``, ``eu``, ``jp``, ``au``, ``apac`` or ``global``."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class OnDemandHosting:
    """Where a custom model of this base may be deployed on demand, if customized on `since` or later."""

    regions: Regions
    since: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceQuota:
    """A quota of Amazon Bedrock in Service Quotas. `default` is what a new account has, in every Region."""

    code: str
    name: str
    default: int
    source: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A teacher and a student that Bedrock distils, where, and the first and last day of new jobs."""

    teacher: InvokeId
    student: InvokeId
    regions: Regions
    teacher_as: TeacherIdentifier
    first: date | None
    last: date | None
    source: str

    def is_available(self, on: date) -> bool:
        """Whether `on` is between the pair's own dates. The life cycles of its models are checked separately."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """What a request to the model may hold, on Converse. A value that is left out is never refused.

    Attributes:
        source: Where the rules are from.
        output_tokens: The most that `maxTokens` may be.
        temperature: The only temperature that is accepted; None where any from 0 to 1 is.
        least_top_p: The least `topP` that is accepted; None where any is.
        top_k: Whether `top_k` is accepted.
        temperature_with_top_p: Whether one request may hold both.
        prefill: Whether the conversation may end with the beginning of the answer.
        thinks: Whether it reasons unless it is told not to. What it reasons counts against `maxTokens`.
        refuses: Whether an answer may stop with `refusal`.
    """

    source: str
    output_tokens: int
    temperature: Decimal | None = None
    least_top_p: Decimal | None = None
    top_k: bool = True
    temperature_with_top_p: bool = True
    prefill: bool = True
    thinks: bool = False
    refuses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A foundation model: its ids by purpose, its life, where and how it is called, customized and hosted.

    `latency` maps a mode to its Regions, each with the first day it is known to have been offered there.
    `in_region` are the Regions that serve the bare id on demand. `successor` is what to use in its place, in
    the same role. `training_context_tokens` is the longest prompt-answer pair that a student is trained on.
    `model_units_quota` limits the model units of one Provisioned Throughput of a model customized from this one.
    `requests` is what a request may hold; a custom model takes what its base takes. `quota_label` is what the names of
    its quotas call the model. `judge` is the source that says it may rate answers in evaluation jobs. None where no
    source gives the value.
    """

    id: InvokeId
    name: str
    provider: str
    family: str
    life: Life
    source: str
    customize: CustomizeId | None = None
    host: HostId | None = None
    in_region: Regions = frozenset()
    profiles: tuple[Profile, ...] = ()
    latency: Mapping[Latency, Mapping[str, date]] = field(default_factory=dict, hash=False)
    tiers: frozenset[Tier] = frozenset({Tier.DEFAULT})
    on_demand_hosting: tuple[OnDemandHosting, ...] = ()
    throughput_regions: Regions = frozenset()
    copy_regions: Regions = frozenset()
    shareable: bool = False
    prices: tuple[Price, ...] = ()
    training: TrainingPrice | None = None
    marketplace: bool = False
    multi_turn_distillation: bool = False
    successor: InvokeId | None = None
    training_context_tokens: int | None = None
    model_units_quota: ServiceQuota | None = None
    requests: RequestRules | None = None
    quota_label: str | None = None
    judge: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether something is possible, with the reason in one sentence."""

    ok: bool
    reason: str
