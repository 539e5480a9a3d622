"""Amazon's models on today's road: Nova Pro teaches, Nova Lite and Nova Micro learn."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from distillery.core.catalog import regions, sources
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
    Tier,
    TrainingPrice,
)

_COPY = frozenset(
    {
        *(*regions.US, "us-gov-west-1", "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    }
)
"""Source: UG copy-model-support. That a copied Nova model can be hosted outside us-east-1 is UNVERIFIED."""

_ON_DEMAND = (OnDemandHosting(regions.US_EAST_1, sources.ON_DEMAND_DAY, sources.ON_DEMAND),)
_EU = ("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3")
_US_PRO = ProfileId("us.amazon.nova-pro-v1:0")


def _price(dollars_in: str, dollars_out: str, kind: PriceKind = PriceKind.STANDARD) -> Price:
    day, source = sources.LITELLM_DAY, sources.LITELLM
    return Price(Decimal(dollars_in), Decimal(dollars_out), kind, None, day, source)


def _life(page: str) -> Life:
    return Life(
        first=sources.LAUNCH_DAY,
        end=date(2025, 12, 4),
        certainty=Certainty.NO_SOONER_THAN,
        source=f"{sources.card(page)} (undated copy: Active, no sooner than 12/4/2025); first day: "
        f"{sources.LAUNCH}, where the card prints 2024-12-05. State today UNVERIFIED: ask GetFoundationModel",
    )


def _profiles(page: str, us: Mapping[str, tuple[str, ...]]) -> tuple[Profile, ...]:
    ident, source = f"{page.replace('amazon-', 'amazon.')}-v1:0", sources.card(page)
    eu = regions.within(_EU, "eu-south-1", "eu-south-2")
    return (
        Profile(ProfileId(f"us.{ident}"), us, source, sources.LAUNCH_DAY),
        Profile(ProfileId(f"eu.{ident}"), eu, source),
    )


def _source(page: str) -> str:
    in_region = "in-Region: UG models-supported, stored late 2025"
    return f"{sources.card(page)}; {in_region}; {sources.ON_DEMAND}; UG prov-thru-supported"


NOVA_PRO = Model(
    id=InvokeId("amazon.nova-pro-v1:0"),
    name="Amazon Nova Pro",
    provider="Amazon",
    family="nova",
    life=_life("amazon-nova-pro"),
    source=f"{_source('amazon-nova-pro')}; {sources.LATENCY}",
    customize=CustomizeId("amazon.nova-pro-v1:0:300k"),
    host=HostId("amazon.nova-pro-v1:0:300k"),
    in_region=frozenset(
        {"us-east-1", "us-gov-west-1", "eu-west-2", "ap-southeast-2", "ap-southeast-3", "me-central-1"}
    ),
    profiles=_profiles("amazon-nova-pro", regions.within_us("us-west-1")),
    # The page's table names these two; its prose adds us-west-2, which the catalog therefore leaves out. The
    # first day is that of the price list that first prints an optimized price, at hand: INFERENCE.
    latency={Latency.OPTIMIZED: {"us-east-1": sources.PRICING_PAGE_DAY, "us-east-2": sources.PRICING_PAGE_DAY}},
    tiers=frozenset({Tier.DEFAULT, Tier.PRIORITY, Tier.FLEX}),
    on_demand_hosting=_ON_DEMAND,
    throughput_regions=regions.US_EAST_1,
    copy_regions=_COPY,
    prices=(
        _price("0.80", "3.20"),
        Price(
            Decimal("1.00"),
            Decimal("4.00"),
            PriceKind.OPTIMIZED,
            _US_PRO,
            sources.PRICING_PAGE_DAY,
            f"{sources.PRICING_PAGE}; a third party saw standard rates in March 2026: UNVERIFIED",
        ),
        _price("1.40", "5.60", PriceKind.PRIORITY),
        _price("0.40", "1.60", PriceKind.FLEX),
    ),
    multi_turn_distillation=True,
)

NOVA_LITE = Model(
    id=InvokeId("amazon.nova-lite-v1:0"),
    name="Amazon Nova Lite",
    provider="Amazon",
    family="nova",
    life=_life("amazon-nova-lite"),
    source=_source("amazon-nova-lite"),
    customize=CustomizeId("amazon.nova-lite-v1:0:300k"),
    host=HostId("amazon.nova-lite-v1:0:300k"),
    in_region=frozenset(
        {
            *("us-east-1", "us-gov-west-1", "eu-north-1", "eu-west-2"),
            *("ap-northeast-1", "ap-southeast-2", "ap-southeast-3", "me-central-1"),
        }
    ),
    profiles=_profiles("amazon-nova-lite", regions.within_us("us-west-1")),
    on_demand_hosting=_ON_DEMAND,
    throughput_regions=regions.US_EAST_1,
    copy_regions=_COPY,
    prices=(_price("0.06", "0.24"),),
    multi_turn_distillation=True,
)

NOVA_MICRO = Model(
    id=InvokeId("amazon.nova-micro-v1:0"),
    name="Amazon Nova Micro",
    provider="Amazon",
    family="nova",
    life=_life("amazon-nova-micro"),
    source=_source("amazon-nova-micro"),
    customize=CustomizeId("amazon.nova-micro-v1:0:128k"),
    host=HostId("amazon.nova-micro-v1:0:128k"),
    in_region=frozenset({"us-east-1", "us-gov-west-1", "eu-west-2", "ap-southeast-2"}),
    profiles=_profiles("amazon-nova-micro", regions.within_us()),
    on_demand_hosting=_ON_DEMAND,
    throughput_regions=regions.US_EAST_1,
    copy_regions=_COPY,
    prices=(_price("0.035", "0.14"),),
    training=TrainingPrice(
        Decimal("1.00"),
        date(2026, 11, 23),
        "third party: about $2.18 for 5,000 examples; per million tokens UNVERIFIED",
    ),
    multi_turn_distillation=True,
)
