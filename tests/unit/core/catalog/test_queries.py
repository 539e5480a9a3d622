"""The catalog's answers, as tables."""

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core import catalog
from distillery.core.catalog import Certainty, Latency, Life, LifeState

LAUNCH = date(2024, 12, 4)
TODAY = date(2026, 11, 23)

PRO = "amazon.nova-pro-v1:0"
LITE = "amazon.nova-lite-v1:0"
MICRO = "amazon.nova-micro-v1:0"
PREMIER = "amazon.nova-premier-v1:0"
NOVA_2_LITE = "amazon.nova-2-lite-v1:0"
SONNET = "anthropic.claude-3-5-sonnet-20240620-v1:0"
SONNET_V2 = "anthropic.claude-3-5-sonnet-20241022-v2:0"
HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
HAIKU_3_5 = "anthropic.claude-3-5-haiku-20241022-v1:0"
HAIKU_4_5 = "anthropic.claude-haiku-4-5-20251001-v1:0"
HAIKU_5_5 = "anthropic.claude-haiku-5-5"
LLAMA_8B = "meta.llama3-1-8b-instruct-v1:0"
LLAMA_70B = "meta.llama3-1-70b-instruct-v1:0"
LLAMA_3_3 = "meta.llama3-3-70b-instruct-v1:0"


@pytest.mark.parametrize(
    ("ident", "on", "region", "state"),
    [
        (PRO, date(2024, 12, 2), None, LifeState.NOT_YET),
        (PRO, LAUNCH, None, LifeState.ACTIVE),
        (PRO, TODAY, None, LifeState.ACTIVE),  # "no sooner than 2025-12-04" is not an end of life
        (PREMIER, date(2026, 3, 12), None, LifeState.ACTIVE),
        (PREMIER, date(2026, 3, 13), None, LifeState.LEGACY),
        (PREMIER, date(2026, 9, 14), None, LifeState.ENDED),
        (SONNET, LAUNCH, "us-west-2", LifeState.ACTIVE),
        (SONNET, date(2026, 7, 29), "us-west-2", LifeState.LEGACY),
        (SONNET, TODAY, "us-west-2", LifeState.ENDED),
        (SONNET, date(2026, 6, 1), "eu-central-2", LifeState.ENDED),
        (SONNET_V2, TODAY, None, LifeState.ENDED),
        (HAIKU_3, date(2026, 9, 9), None, LifeState.LEGACY),
        (HAIKU_3, date(2026, 9, 10), None, LifeState.ENDED),
        (HAIKU_3_5, date(2024, 11, 3), None, LifeState.NOT_YET),
        (HAIKU_3_5, TODAY, None, LifeState.ENDED),
        (HAIKU_4_5, TODAY, None, LifeState.ACTIVE),
        (HAIKU_5_5, date(2026, 10, 6), None, LifeState.NOT_YET),
        (HAIKU_5_5, TODAY, None, LifeState.ACTIVE),
        (LLAMA_8B, TODAY, None, LifeState.LEGACY),
        (LLAMA_70B, date(2027, 3, 30), None, LifeState.ENDED),
    ],
)
def test_a_model_has_one_state_on_a_day(ident: str, on: date, region: str | None, state: LifeState) -> None:
    assert catalog.model(ident).life.state(on, region) is state


_ORDER = list(LifeState)


@given(st.sampled_from(catalog.models()), st.dates(), st.dates())
def test_a_life_never_runs_backwards(model: catalog.Model, one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert _ORDER.index(model.life.state(earlier)) <= _ORDER.index(model.life.state(later))


@pytest.mark.parametrize("certainty", [Certainty.NO_SOONER_THAN, Certainty.UNKNOWN])
def test_an_end_that_is_not_announced_ends_nothing(certainty: Certainty) -> None:
    life = Life(first=date(2024, 1, 1), end=date(2025, 1, 1), certainty=certainty, source="made up")
    assert life.state(date(2030, 1, 1)) is LifeState.ACTIVE


def test_a_region_with_dates_of_its_own_follows_them() -> None:
    here = Life(first=date(2024, 1, 1), source="made up", ended_by=date(2025, 1, 1))
    life = Life(first=date(2024, 1, 1), source="made up", overrides={"eu-west-1": here})
    assert life.state(TODAY, "eu-west-1") is LifeState.ENDED
    assert life.state(TODAY, "us-east-1") is LifeState.ACTIVE
    assert life.state(TODAY) is LifeState.ACTIVE


def test_an_unknown_model_is_answered_with_near_names() -> None:
    with pytest.raises(catalog.UnknownModel, match=r"'amazon.nova-mikro-v1:0'; similar ids: amazon.nova-micro-v1:0"):
        catalog.model("amazon.nova-mikro-v1:0")
    with pytest.raises(KeyError, match=r"similar ids: .*, .*add the model"):
        catalog.model("?")


@pytest.mark.parametrize(
    ("region", "on", "expected"),
    [
        ("us-east-1", TODAY, {(PRO, LITE), (PRO, MICRO)}),
        ("us-west-2", TODAY, set()),
        ("us-east-2", TODAY, set()),
        (None, date(2024, 12, 2), set()),
        ("us-east-1", date(2025, 1, 1), {(PRO, LITE), (PRO, MICRO)}),
        ("us-east-1", date(2026, 9, 13), {(t, s) for t in (PRO, PREMIER) for s in (LITE, MICRO)} | {(PREMIER, PRO)}),
    ],
)
def test_pairs_are_those_a_job_may_use_there_and_then(
    region: str | None, on: date, expected: set[tuple[str, str]]
) -> None:
    assert {(pair.teacher, pair.student) for pair in catalog.pairs(region, on)} == expected


@pytest.mark.parametrize("teacher", [SONNET, SONNET_V2])
def test_the_launch_pair_was_on_offer_in_december_2024_and_is_no_more(teacher: str) -> None:
    pair = catalog.pair(teacher, HAIKU_3)
    assert pair
    assert pair in catalog.pairs("us-west-2", LAUNCH)
    assert pair not in catalog.pairs("us-west-2", TODAY)
    assert pair.is_available(LAUNCH)
    assert not pair.is_available(TODAY)
    assert "UNVERIFIED" in pair.source


def test_models_that_were_never_a_pair_have_none() -> None:
    assert catalog.pair(MICRO, PRO) is None
    assert catalog.pair(PRO, NOVA_2_LITE) is None


@pytest.mark.parametrize(
    ("ident", "region", "profile", "destinations"),
    [
        (PRO, "us-east-2", f"us.{PRO}", ("us-east-1", "us-east-2", "us-west-2")),
        (PRO, "us-west-1", f"us.{PRO}", ("us-east-1", "us-east-2", "us-west-1", "us-west-2")),
        (HAIKU_3_5, "us-east-2", f"us.{HAIKU_3_5}", ("us-east-1", "us-east-2", "us-west-2")),
        (HAIKU_3, "us-west-2", f"us.{HAIKU_3}", ("us-east-1", "us-west-2")),
        (HAIKU_5_5, "us-east-1", f"us.{HAIKU_5_5}", ("us-east-1", "us-east-2", "us-west-2")),
        (HAIKU_5_5, "eu-west-2", f"eu.{HAIKU_5_5}", None),
        (HAIKU_5_5, "sa-east-1", f"global.{HAIKU_5_5}", ("sa-east-1", "")),
    ],
)
def test_a_profile_is_geographic_where_it_can_be(
    ident: str, region: str, profile: str, destinations: tuple[str, ...] | None
) -> None:
    found = catalog.profile_for(ident, region)
    assert found
    assert found.id == profile
    assert destinations is None or found.destinations[region] == destinations


def test_there_is_no_profile_where_none_may_be_called_from() -> None:
    assert catalog.profile_for(MICRO, "us-west-1") is None
    assert catalog.profile_for(HAIKU_5_5, "cn-north-1") is None


@pytest.mark.parametrize(
    ("ident", "latency", "region", "on", "offered"),
    [
        (HAIKU_3_5, Latency.OPTIMIZED, "us-east-2", LAUNCH, True),
        (HAIKU_3_5, Latency.OPTIMIZED, "us-west-2", LAUNCH, False),
        (HAIKU_3_5, Latency.OPTIMIZED, "us-east-2", date(2024, 12, 2), False),
        (HAIKU_3_5, Latency.OPTIMIZED, "us-east-2", TODAY, False),
        (PRO, Latency.OPTIMIZED, "us-east-2", TODAY, True),
        (PRO, Latency.OPTIMIZED, "us-west-2", TODAY, False),
        (PRO, Latency.OPTIMIZED, "us-east-2", LAUNCH, False),
        (LLAMA_70B, Latency.OPTIMIZED, "us-west-2", TODAY, True),
        (HAIKU_5_5, Latency.OPTIMIZED, "us-east-2", TODAY, False),
        (HAIKU_5_5, Latency.STANDARD, "us-east-2", TODAY, True),
        (HAIKU_5_5, Latency.STANDARD, "us-east-2", LAUNCH, False),
        (MICRO, Latency.STANDARD, "eu-west-2", TODAY, True),
        (MICRO, Latency.STANDARD, "us-west-1", TODAY, False),
    ],
)
def test_latency_is_offered_in_a_region_from_a_day_on(
    ident: str, latency: Latency, region: str, on: date, offered: bool
) -> None:
    assert catalog.latency_offered(ident, latency, region, on) is offered


@pytest.mark.parametrize(
    ("student", "region", "on", "refused"),
    [
        (MICRO, "us-east-1", TODAY, None),
        (MICRO, "us-east-1", date(2025, 7, 16), None),
        (MICRO, "us-east-1", date(2025, 7, 15), "on or after 2025-07-16"),
        (MICRO, "us-west-2", TODAY, "only in us-east-1, not in us-west-2"),
        (LLAMA_3_3, "us-west-2", TODAY, None),  # a legacy model can still be deployed
        (LLAMA_3_3, "us-west-2", date(2027, 4, 1), "has ended by 2027-04-01. Use amazon.nova-pro-v1:0"),
        (LLAMA_8B, "us-west-2", TODAY, "in no Region"),
        (HAIKU_3, "us-west-2", LAUNCH, "in no Region"),
    ],
)
def test_on_demand_hosting_is_granted_or_refused_with_the_reason(
    student: str, region: str, on: date, refused: str | None
) -> None:
    found = catalog.on_demand_eligible(student, region, on)
    assert found.ok is (refused is None), found.reason
    assert (refused or "may be deployed") in found.reason


@pytest.mark.parametrize(
    ("student", "region", "on", "refused"),
    [
        (MICRO, "us-east-1", TODAY, None),
        (HAIKU_3, "us-west-2", LAUNCH, None),
        (HAIKU_3, "us-east-1", LAUNCH, "only in us-west-2, not in us-east-1"),
        (HAIKU_3, "us-west-2", date(2026, 4, 1), "'legacy' on 2026-04-01"),
        (HAIKU_3, "us-west-2", TODAY, "'ended' on 2026-11-23"),
        (LLAMA_3_3, "us-west-2", LAUNCH, "in no Region"),
    ],
)
def test_throughput_is_granted_or_refused_with_the_reason(
    student: str, region: str, on: date, refused: str | None
) -> None:
    found = catalog.throughput_eligible(student, region, on)
    assert found.ok is (refused is None), found.reason
    assert (refused or "may be hosted") in found.reason


def test_importing_the_catalog_loads_nothing_slow() -> None:
    slow = {"boto3", "botocore", "difflib", "asyncio", "http", "socket", "json", "typing_extensions", "pydantic"}
    code = f"import sys, distillery.core.catalog; print(sorted({slow!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
