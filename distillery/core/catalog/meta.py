"""Meta's models: Llama 3.1, 3.2 and 3.3."""

from datetime import date
from decimal import Decimal

from distillery.core.catalog import regions, sources
from distillery.core.catalog.amazon import NOVA_MICRO, NOVA_PRO
from distillery.core.catalog.life import Certainty, Life
from distillery.core.catalog.types import (
    CustomizeId,
    HostId,
    InvokeId,
    Latency,
    Model,
    OnDemandHosting,
    Price,
    PriceKind,
    Profile,
    ProfileId,
    TrainingPrice,
)

_COPY = frozenset(regions.US)
"""Source: UG copy-model-support. Llama 3.3 is not listed there."""

_END, _LEGACY_BY = date(2027, 3, 30), date(2026, 9, 30)
_RETIRED = (date(2026, 1, 7), date(2026, 7, 7))
_IDS = f"{sources.DISTILLATION}; UG prov-thru-supported"
_70B_US = ProfileId("us.meta.llama3-1-70b-instruct-v1:0")
_405B_PAGE = "meta-llama-3-1-405b-instruct"
_405B_US = ProfileId("us.meta.llama3-1-405b-instruct-v1:0")


def _retired(first: date) -> Life:
    legacy, end = _RETIRED
    source = f"{sources.LIFECYCLE_MID_2026}; first day UNVERIFIED"
    return Life(first=first, legacy=legacy, end=end, certainty=Certainty.ANNOUNCED, source=source)


def _legacy(page: str, first: date) -> Life:
    return Life(
        first=first,
        legacy_by=_LEGACY_BY,
        end=_END,
        certainty=Certainty.ANNOUNCED,
        source=f"{sources.card(page)}: Legacy, end 2027-03-30 after at least 6 months of Legacy, so Legacy by "
        "2026-09-30, INFERENCE; first day: the card's launch date",
    )


def _us(ident: str, page: str, first: date | None = None) -> Profile:
    return Profile(ProfileId(f"us.{ident}"), regions.within_us(), sources.card(page), first)


def _price(
    dollars: str,
    *,
    kind: PriceKind = PriceKind.STANDARD,
    through: ProfileId | None = None,
    printed: bool = False,
) -> Price:
    day = sources.PRICING_PAGE_DAY if printed else sources.LITELLM_DAY
    source = sources.PRICING_PAGE if printed else sources.LITELLM
    return Price(Decimal(dollars), Decimal(dollars), kind, through, day, source)


def _small(size: str, name: str) -> Model:
    """A Llama 3.2 student: customizable in us-west-2 until it went Legacy."""
    ident = f"meta.llama3-2-{size}-instruct-v1:0"
    return Model(
        id=InvokeId(ident),
        name=name,
        provider="Meta",
        family="llama",
        life=_retired(date(2024, 9, 25)),
        source=_IDS,
        customize=CustomizeId(f"{ident}:128k"),
        host=HostId(f"{ident}:128k"),
        profiles=(Profile(ProfileId(f"us.{ident}"), regions.within_us(), "UNVERIFIED: as for the other Llama models"),),
        throughput_regions=regions.US_WEST_2,
        successor=NOVA_MICRO.id,
    )


LLAMA_3_3_70B = Model(
    id=InvokeId("meta.llama3-3-70b-instruct-v1:0"),
    name="Llama 3.3 70B Instruct",
    provider="Meta",
    family="llama",
    life=_legacy("meta-llama-3-3-70b-instruct", date(2024, 12, 6)),
    source=f"{_IDS}; {sources.ON_DEMAND}: on demand only, not in the Provisioned Throughput table",
    customize=CustomizeId("meta.llama3-3-70b-instruct-v1:0:128k"),
    host=HostId("meta.llama3-3-70b-instruct-v1:0:128k"),
    in_region=frozenset({"us-east-2"}),
    profiles=(_us("meta.llama3-3-70b-instruct-v1:0", "meta-llama-3-3-70b-instruct"),),
    on_demand_hosting=(OnDemandHosting(regions.US_WEST_2, sources.ON_DEMAND_DAY, sources.ON_DEMAND),),
    prices=(_price("0.72"),),
    successor=NOVA_PRO.id,
)

LLAMA_3_1_8B = Model(
    id=InvokeId("meta.llama3-1-8b-instruct-v1:0"),
    name="Llama 3.1 8B Instruct",
    provider="Meta",
    family="llama",
    life=_legacy("meta-llama-3-1-8b-instruct", date(2024, 7, 23)),
    source=f"{_IDS}: Provisioned Throughput only",
    customize=CustomizeId("meta.llama3-1-8b-instruct-v1:0:128k"),
    host=HostId("meta.llama3-1-8b-instruct-v1:0:128k"),
    in_region=regions.US_WEST_2,
    profiles=(_us("meta.llama3-1-8b-instruct-v1:0", "meta-llama-3-1-8b-instruct"),),
    throughput_regions=regions.US_WEST_2,
    copy_regions=_COPY,
    prices=(_price("0.22"),),
    training=TrainingPrice(
        Decimal("1.49"),
        date(2026, 7, 28),
        "cloud-custodian test fixture, $0.00149 per 1,000 tokens: UNVERIFIED",
    ),
    successor=NOVA_MICRO.id,
)

LLAMA_3_1_70B = Model(
    id=InvokeId("meta.llama3-1-70b-instruct-v1:0"),
    name="Llama 3.1 70B Instruct",
    provider="Meta",
    family="llama",
    life=_legacy("meta-llama-3-1-70b-instruct", date(2024, 7, 23)),
    source=f"{_IDS}; {sources.LATENCY}",
    customize=CustomizeId("meta.llama3-1-70b-instruct-v1:0:128k"),
    host=HostId("meta.llama3-1-70b-instruct-v1:0:128k"),
    in_region=regions.US_WEST_2,
    profiles=(_us("meta.llama3-1-70b-instruct-v1:0", "meta-llama-3-1-70b-instruct", sources.LAUNCH_DAY),),
    latency={Latency.OPTIMIZED: {"us-east-2": sources.LAUNCH_DAY, "us-west-2": sources.LATENCY_SEEN}},
    throughput_regions=regions.US_WEST_2,
    copy_regions=_COPY,
    prices=(_price("0.72"), _price("0.90", kind=PriceKind.OPTIMIZED, through=_70B_US, printed=True)),
    successor=NOVA_PRO.id,
)

LLAMA_3_1_405B = Model(
    id=InvokeId("meta.llama3-1-405b-instruct-v1:0"),
    name="Llama 3.1 405B Instruct",
    provider="Meta",
    family="llama",
    life=_retired(date(2024, 7, 23)),
    source=f"{_IDS}; {sources.LATENCY} (above 11,000 tokens in all it falls back to standard)",
    in_region=regions.US_WEST_2,
    profiles=(Profile(_405B_US, {"us-east-2": regions.US}, sources.card(_405B_PAGE), sources.LAUNCH_DAY),),
    latency={Latency.OPTIMIZED: {"us-east-2": sources.LAUNCH_DAY}},
    successor=NOVA_PRO.id,
)

LLAMA_3_2_1B = _small("1b", "Llama 3.2 1B Instruct")
LLAMA_3_2_3B = _small("3b", "Llama 3.2 3B Instruct")
