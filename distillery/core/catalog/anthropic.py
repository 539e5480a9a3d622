"""Anthropic's models. Bedrock no longer distils them; the launch pair of December 2024 stays as a record."""

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
    Price,
    PriceKind,
    Profile,
    ProfileId,
    Surcharge,
    Tier,
)

_LONG_PROMPT = Surcharge(above_input_tokens=100_000, factor=Decimal(5))
_HAIKU_35_US = ProfileId("us.anthropic.claude-3-5-haiku-20241022-v1:0")
_HAIKU_45, _PAGE_45 = "anthropic.claude-haiku-4-5-20251001-v1:0", sources.card("anthropic-claude-haiku-4-5")
_HAIKU_55, _PAGE_55 = "anthropic.claude-haiku-5-5", sources.card("anthropic-claude-haiku-5-5")
_EU = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3")

_NOT_DATED_IN_US = (
    f"{sources.LIFECYCLE_MID_2026}: Legacy since 2026-01-30; the US Regions are no longer listed while others were "
    "still to end on 2026-07-30: ended by then, INFERENCE; the day itself, and the first day, are UNVERIFIED"
)


def _printed(dollars_in: str, dollars_out: str) -> Price:
    amounts, day, source = (Decimal(dollars_in), Decimal(dollars_out)), sources.PRICING_PAGE_DAY, sources.PRICING_PAGE
    return Price(*amounts, PriceKind.STANDARD, None, day, source)


def _listed(dollars_in: str, dollars_out: str, through: str, surcharge: Surcharge | None = None) -> Price:
    amounts, day, source = (Decimal(dollars_in), Decimal(dollars_out)), sources.LITELLM_DAY, sources.LITELLM
    return Price(*amounts, PriceKind.STANDARD, ProfileId(through), day, source, surcharge)


def _profiles(ident: str, page: str, *, us: tuple[str, ...], au: tuple[str, ...] = ()) -> tuple[Profile, ...]:
    geographies = {
        "us": regions.within_us(*us),
        "eu": regions.within(_EU, "eu-central-2", "eu-west-2"),
        "au": regions.within(("ap-southeast-2", "ap-southeast-4"), *au),
        "jp": regions.within(("ap-northeast-1", "ap-northeast-3")),
        "global": regions.worldwide(regions.COMMERCIAL),
    }
    return tuple(Profile(ProfileId(f"{prefix}.{ident}"), to, page) for prefix, to in geographies.items())


def _ended(first: date, end: date, *, legacy: date, source: str) -> Life:
    return Life(first=first, legacy=legacy, end=end, certainty=Certainty.ANNOUNCED, source=source)


def _sonnet_life(first: date, dated: dict[str, date]) -> Life:
    """`dated`: the Regions whose end the page prints."""
    legacy, source = date(2026, 1, 30), sources.LIFECYCLE_MID_2026
    overrides = {region: _ended(first, end, legacy=legacy, source=source) for region, end in dated.items()}
    return Life(first=first, legacy=legacy, ended_by=date(2026, 7, 30), source=_NOT_DATED_IN_US, overrides=overrides)


SONNET_3_5 = Model(
    id=InvokeId("anthropic.claude-3-5-sonnet-20240620-v1:0"),
    name="Claude 3.5 Sonnet",
    provider="Anthropic",
    family="claude",
    life=_sonnet_life(
        date(2024, 6, 20),
        {
            "ap-northeast-1": date(2026, 7, 30),
            "ap-southeast-2": date(2026, 7, 30),
            "eu-central-2": date(2026, 6, 1),
        },
    ),
    source="Anthropic release of 2024-06-20; Regions of December 2024 UNVERIFIED",
    in_region=frozenset({"us-east-1", "us-west-2"}),
    prices=(_printed("3", "15"),),
    marketplace=True,
    successor=NOVA_PRO.id,
)

SONNET_3_5_V2 = Model(
    id=InvokeId("anthropic.claude-3-5-sonnet-20241022-v2:0"),
    name="Claude 3.5 Sonnet v2",
    provider="Anthropic",
    family="claude",
    life=_sonnet_life(date(2024, 10, 22), {}),
    source="Anthropic release of 2024-10-22; Regions of December 2024 UNVERIFIED",
    in_region=frozenset({"us-west-2"}),
    prices=(_printed("3", "15"),),
    marketplace=True,
    successor=NOVA_PRO.id,
)

HAIKU_3 = Model(
    id=InvokeId("anthropic.claude-3-haiku-20240307-v1:0"),
    name="Claude 3 Haiku",
    provider="Anthropic",
    family="claude",
    life=_ended(
        date(2024, 3, 13),
        date(2026, 9, 10),
        legacy=date(2026, 3, 10),
        source=f"{sources.LEGACY_LIST} (list of models past their end); first day UNVERIFIED",
    ),
    source=f"{sources.LEGACY_LIST}; UG share-model-support; customization and Provisioned Throughput in us-west-2 "
    "and the Regions of December 2024 UNVERIFIED",
    customize=CustomizeId("anthropic.claude-3-haiku-20240307-v1:0:200k"),
    host=HostId("anthropic.claude-3-haiku-20240307-v1:0:200k"),
    in_region=frozenset({"us-east-1", "us-west-2"}),
    profiles=(
        Profile(
            ProfileId("us.anthropic.claude-3-haiku-20240307-v1:0"),
            {"us-east-2": regions.US, "us-west-2": ("us-east-1", "us-west-2")},
            "UG inference-profiles-support",
        ),
    ),
    throughput_regions=regions.US_WEST_2,
    shareable=True,
    prices=(_printed("0.25", "1.25"),),
    marketplace=True,
    successor=NOVA_MICRO.id,
)

HAIKU_3_5 = Model(
    id=InvokeId("anthropic.claude-3-5-haiku-20241022-v1:0"),
    name="Claude 3.5 Haiku",
    provider="Anthropic",
    family="claude",
    life=_ended(
        date(2024, 11, 4),
        date(2026, 6, 19),
        legacy=date(2025, 12, 19),
        source=f"{sources.card('anthropic-claude-3-5-haiku')} and {sources.LIFECYCLE_MID_2026}",
    ),
    source=f"{sources.card('anthropic-claude-3-5-haiku')}; {sources.LATENCY}",
    in_region=frozenset({"us-west-2"}),
    profiles=(
        Profile(
            _HAIKU_35_US,
            regions.within_us(),
            sources.card("anthropic-claude-3-5-haiku"),
            date(2024, 11, 4),
        ),
    ),
    # Announced in us-east-2; us-west-2 came later, on a day that no source at hand gives.
    latency={Latency.OPTIMIZED: {"us-east-2": sources.LAUNCH_DAY, "us-west-2": sources.LATENCY_SEEN}},
    prices=(
        Price(
            Decimal("0.80"),
            Decimal(4),
            PriceKind.STANDARD,
            None,
            sources.LAUNCH_DAY,
            f"{sources.LAUNCH}; the same on the {sources.PRICING_PAGE}",
        ),
        Price(Decimal(1), Decimal(5), PriceKind.OPTIMIZED, _HAIKU_35_US, sources.LAUNCH_DAY, sources.LAUNCH),
    ),
    marketplace=True,
    successor=InvokeId(_HAIKU_55),
)

HAIKU_4_5 = Model(
    id=InvokeId("anthropic.claude-haiku-4-5-20251001-v1:0"),
    name="Claude Haiku 4.5",
    provider="Anthropic",
    family="claude",
    life=Life(
        first=date(2025, 10, 16),
        end=date(2026, 10, 1),
        certainty=Certainty.NO_SOONER_THAN,
        source=_PAGE_45,
    ),
    source=_PAGE_45,
    profiles=_profiles(_HAIKU_45, _PAGE_45, us=("us-west-1", "ca-central-1"), au=("ap-southeast-6",)),
    tiers=frozenset({Tier.DEFAULT, Tier.RESERVED}),
    prices=(_listed("1.10", "5.50", f"us.{_HAIKU_45}"), _listed("1", "5", f"global.{_HAIKU_45}")),
    marketplace=True,
    successor=InvokeId(_HAIKU_55),
)

HAIKU_5_5 = Model(
    id=InvokeId(_HAIKU_55),
    name="Claude Haiku 5.5",
    provider="Anthropic",
    family="claude",
    life=Life(
        first=date(2026, 10, 7),
        end=date(2027, 10, 7),
        certainty=Certainty.NO_SOONER_THAN,
        source=_PAGE_55,
    ),
    source=_PAGE_55,
    profiles=_profiles(_HAIKU_55, _PAGE_55, us=("us-west-1", "ca-central-1", "ca-west-1")),
    prices=(
        _listed("0.11", "0.55", f"us.{_HAIKU_55}", _LONG_PROMPT),
        _listed("0.10", "0.50", f"global.{_HAIKU_55}", _LONG_PROMPT),
    ),
    marketplace=True,
)
