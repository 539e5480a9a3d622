"""Amazon's models that no longer, or not yet, take part in distillation: Nova Premier and Nova 2 Lite."""

from datetime import date
from decimal import Decimal

from distillery.core.catalog import regions, sources
from distillery.core.catalog.amazon import NOVA_PRO
from distillery.core.catalog.life import Certainty, Life
from distillery.core.catalog.types import (
    InvokeId,
    Model,
    OnDemandHosting,
    Price,
    PriceKind,
    Profile,
    ProfileId,
    Tier,
)

_PREMIER = ProfileId("us.amazon.nova-premier-v1:0")
_LITE_2 = ProfileId("us.amazon.nova-2-lite-v1:0")
_LITE_2_GLOBAL = ProfileId("global.amazon.nova-2-lite-v1:0")
_AS_GLOBAL = (
    f"{sources.LITELLM}, printed under the bare id, which no commercial Region serves: read as global, INFERENCE"
)
_NOT_A_STUDENT = f"not a distillation student: {sources.DISTILLATION}"


def _price(dollars_in: str, dollars_out: str, kind: PriceKind, through: ProfileId, source: str) -> Price:
    return Price(Decimal(dollars_in), Decimal(dollars_out), kind, through, sources.LITELLM_DAY, source)


NOVA_PREMIER = Model(
    id=InvokeId("amazon.nova-premier-v1:0"),
    name="Amazon Nova Premier",
    provider="Amazon",
    family="nova",
    life=Life(
        first=date(2025, 4, 30),
        legacy=date(2026, 3, 13),
        end=date(2026, 9, 14),
        certainty=Certainty.ANNOUNCED,
        source=f"{sources.card('amazon-nova-premier')} and {sources.LEGACY_LIST}; first day UNVERIFIED",
    ),
    source=f"{sources.card('amazon-nova-premier')}; {sources.DISTILLATION}",
    profiles=(Profile(_PREMIER, regions.within_us(), "UG models-supported, stored late 2025"),),
    tiers=frozenset({Tier.DEFAULT, Tier.PRIORITY}),
    prices=(
        _price("2.50", "12.50", PriceKind.STANDARD, _PREMIER, sources.LITELLM),
        _price("4.375", "21.875", PriceKind.PRIORITY, _PREMIER, sources.LITELLM),
    ),
    multi_turn_distillation=True,
    successor=NOVA_PRO.id,
)

NOVA_2_LITE = Model(
    id=InvokeId("amazon.nova-2-lite-v1:0"),
    name="Amazon Nova 2 Lite",
    provider="Amazon",
    family="nova-2",
    life=Life(
        first=date(2025, 12, 2),
        source=f"{sources.card('amazon-nova-2-lite')} (undated copy: Active, end N/A)",
    ),
    source=f"{sources.card('amazon-nova-2-lite')}; {sources.ON_DEMAND}; {_NOT_A_STUDENT}",
    profiles=(
        Profile(
            _LITE_2,
            regions.within_us("us-west-1", "ca-central-1", "ca-west-1"),
            sources.card("amazon-nova-2-lite"),
        ),
        Profile(
            _LITE_2_GLOBAL,
            regions.worldwide(frozenset({*regions.US, "us-west-1", "ca-central-1", "ca-west-1"})),
            sources.card("amazon-nova-2-lite"),
        ),
    ),
    tiers=frozenset({Tier.DEFAULT, Tier.PRIORITY, Tier.FLEX}),
    on_demand_hosting=(OnDemandHosting(regions.US_EAST_1, sources.ON_DEMAND_DAY, sources.ON_DEMAND),),
    prices=(
        _price("0.30", "2.50", PriceKind.STANDARD, _LITE_2_GLOBAL, _AS_GLOBAL),
        _price("0.33", "2.75", PriceKind.STANDARD, _LITE_2, sources.LITELLM),
        _price("0.525", "4.375", PriceKind.PRIORITY, _LITE_2_GLOBAL, _AS_GLOBAL),
        _price("0.165", "1.375", PriceKind.FLEX, _LITE_2, sources.LITELLM),
    ),
)
