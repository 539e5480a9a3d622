"""Amazon's models: the Nova family."""

from datetime import date
from decimal import Decimal

from lambdas.shared.catalog import regions, sources
from lambdas.shared.catalog.life import Certainty, Life
from lambdas.shared.catalog.types import (
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
    "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-south-1 "
    "eu-south-2 eu-west-1 eu-west-3 us-east-1 us-east-2 us-west-2 us-gov-west-1".split()
)
"""Source: UG copy-model-support. Whether a copied Nova model can be hosted outside us-east-1 is UNVERIFIED."""

_ON_DEMAND = (OnDemandHosting(regions.US_EAST_1, sources.ON_DEMAND_DAY, sources.ON_DEMAND),)
_EU = ("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3")
_SUPPORTED = "UG models-supported, stored late 2025"


def _price(
    dollars_in: str,
    dollars_out: str,
    *,
    kind: PriceKind = PriceKind.STANDARD,
    through: str | None = None,
    as_of: date = sources.LITELLM_DAY,
    source: str = sources.LITELLM,
) -> Price:
    profile = ProfileId(through) if through else None
    return Price(Decimal(dollars_in), Decimal(dollars_out), kind, profile, as_of, source)


def _nova_life(page: str) -> Life:
    return Life(
        first=sources.LAUNCH_DAY,
        end=date(2025, 12, 4),
        certainty=Certainty.NO_SOONER_THAN,
        source=f"{sources.card(page)} (undated copy: Active, no sooner than 12/4/2025); first day: {sources.LAUNCH}"
        " (the card prints 2024-12-05). State after October 2026 UNVERIFIED: ask GetFoundationModel",
    )


NOVA_PRO = Model(
    id=InvokeId("amazon.nova-pro-v1:0"),
    name="Amazon Nova Pro",
    provider="Amazon",
    family="nova",
    life=_nova_life("amazon-nova-pro"),
    source=f"{sources.card('amazon-nova-pro')}; in-Region: {_SUPPORTED}; {sources.LATENCY}; UG prov-thru-supported",
    customize=CustomizeId("amazon.nova-pro-v1:0:300k"),
    host=HostId("amazon.nova-pro-v1:0:300k"),
    in_region=frozenset(
        {"us-east-1", "us-gov-west-1", "eu-west-2", "ap-southeast-2", "ap-southeast-3", "me-central-1"}
    ),
    profiles=(
        Profile(
            ProfileId("us.amazon.nova-pro-v1:0"),
            regions.within_us("us-west-1"),
            sources.card("amazon-nova-pro"),
            sources.LAUNCH_DAY,
        ),
        Profile(
            ProfileId("eu.amazon.nova-pro-v1:0"),
            regions.within(_EU, "eu-south-1", "eu-south-2"),
            sources.card("amazon-nova-pro"),
        ),
    ),
    # The page's table names these two; its prose adds us-west-2, which the catalog therefore leaves out.
    latency={
        Latency.OPTIMIZED: {"us-east-1": sources.PRICING_PAGE_DAY, "us-east-2": sources.PRICING_PAGE_DAY}
    },
    tiers=frozenset({Tier.DEFAULT, Tier.PRIORITY, Tier.FLEX}),
    on_demand_hosting=_ON_DEMAND,
    throughput_regions=regions.US_EAST_1,
    copy_regions=_COPY,
    prices=(
        _price("0.80", "3.20"),
        _price(
            "1.00",
            "4.00",
            kind=PriceKind.OPTIMIZED,
            through="us.amazon.nova-pro-v1:0",
            as_of=sources.PRICING_PAGE_DAY,
            source=f"{sources.PRICING_PAGE}; a later third-party test saw standard rates: UNVERIFIED",
        ),
        _price("1.40", "5.60", kind=PriceKind.PRIORITY),
        _price("0.40", "1.60", kind=PriceKind.FLEX),
    ),
    multi_turn_distillation=True,
)

NOVA_LITE = Model(
    id=InvokeId("amazon.nova-lite-v1:0"),
    name="Amazon Nova Lite",
    provider="Amazon",
    family="nova",
    life=_nova_life("amazon-nova-lite"),
    source=f"{sources.card('amazon-nova-lite')}; in-Region: {_SUPPORTED}; {sources.ON_DEMAND}; UG prov-thru-supported",
    customize=CustomizeId("amazon.nova-lite-v1:0:300k"),
    host=HostId("amazon.nova-lite-v1:0:300k"),
    in_region=frozenset(
        "us-east-1 us-gov-west-1 eu-north-1 eu-west-2 ap-northeast-1 ap-southeast-2 ap-southeast-3 me-central-1".split()
    ),
    profiles=(
        Profile(
            ProfileId("us.amazon.nova-lite-v1:0"),
            regions.within_us("us-west-1"),
            sources.card("amazon-nova-lite"),
            sources.LAUNCH_DAY,
        ),
    ),
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
    life=_nova_life("amazon-nova-micro"),
    source=f"{sources.card('amazon-nova-micro')}; in-Region: {_SUPPORTED}; {sources.ON_DEMAND}; UG prov-thru-supported",
    customize=CustomizeId("amazon.nova-micro-v1:0:128k"),
    host=HostId("amazon.nova-micro-v1:0:128k"),
    in_region=frozenset({"us-east-1", "us-gov-west-1", "eu-west-2", "ap-southeast-2"}),
    profiles=(
        Profile(
            ProfileId("us.amazon.nova-micro-v1:0"),
            regions.within_us(),
            sources.card("amazon-nova-micro"),
            sources.LAUNCH_DAY,
        ),
    ),
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
