"""The comparison of both hosting modes by the expected traffic."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.business_hours import BusinessHours
from distillery.core.commitment import least_bill
from distillery.core.estimate import DatasetSize, estimate
from distillery.core.hosting_cost import HostingComparison, compare_hosting
from distillery.core.hosting_mode import HostingMode
from distillery.core.recipe_options import CommitmentTerm, ExpectedTraffic
from tests.fakes.pipeline import committed, provisioned, recipe

TODAY = date(2026, 11, 23)
ON_DEMAND, PROVISIONED = HostingMode.ON_DEMAND, HostingMode.PROVISIONED
MICRO, LLAMA = "amazon.nova-micro-v1:0", "meta.llama3-1-8b-instruct-v1:0"
EAST, WEST = "us-east-1", "us-west-2"


def traffic(requests: int = 20_000, tokens_in: int = 800, tokens_out: int = 60) -> ExpectedTraffic:
    return ExpectedTraffic(requests_per_day=requests, input_tokens=tokens_in, output_tokens=tokens_out)


def compared(region: str = EAST, **settings: Any) -> HostingComparison:
    found = compare_hosting(recipe(**{"expected_traffic": traffic(), **settings}), region=region, on=TODAY)
    assert found is not None
    return found


# A request costs (800 x 0.035 + 60 x 0.14) / 1,000,000 = $0.0000364; a month has 730 / 24 days.
@pytest.mark.parametrize(
    ("requests", "units", "on_demand", "provisioned_usd", "cheaper", "break_even"),
    [
        (20_000, 1, "22.15", "14600.00", ON_DEMAND, 13_186_814),  # 20 x 24 / 0.0000364
        (20_000, 2, "22.15", "29200.00", ON_DEMAND, 26_373_627),
        (13_186_813, 1, "14600.00", "14600.00", ON_DEMAND, 13_186_814),
        (13_186_900, 1, "14600.10", "14600.00", PROVISIONED, 13_186_814),
        (50_000_000, 1, "55358.34", "14600.00", PROVISIONED, 13_186_814),
    ],
)
def test_the_cheaper_mode_changes_at_the_break_even(
    requests: int, units: int, on_demand: str, provisioned_usd: str, cheaper: HostingMode, break_even: int
) -> None:
    found = compared(expected_traffic=traffic(requests), model_units=units, unit_price_usd_per_hour=Decimal(20))
    assert found.costs[ON_DEMAND].usd == Decimal(on_demand)
    assert found.costs[PROVISIONED].usd == Decimal(provisioned_usd)
    assert (found.cheaper, found.break_even_requests_per_day) == (cheaper, break_even)
    assert f"{break_even:,} requests ({break_even * 860:,} tokens) a day" in found.sentence


def test_business_hours_lower_the_break_even() -> None:
    hours = BusinessHours(opens="08:00", closes="18:00", timezone="Europe/Berlin")
    found = compared(unit_price_usd_per_hour=Decimal(20), business_hours=hours)
    assert found.costs[PROVISIONED].usd == Decimal("4345.24")  # 14,600 x 50 / 168
    assert "217 business hours of a month" in found.costs[PROVISIONED].basis
    assert found.break_even_requests_per_day == 3_924_647


def test_a_comparison_names_the_dates_and_sources_of_its_prices() -> None:
    said = compared(unit_price_usd_per_hour=Decimal(20)).sentence
    assert "$0.035 / $0.14 per million tokens in / out, 202" in said
    assert "UNVERIFIED" in said
    assert "1 model unit(s) at $20 an hour, as set in the recipe" in said
    assert "No source says how many requests a model unit carries" in said


@pytest.mark.parametrize(
    ("settings", "region", "mode", "why"),
    [
        ({}, EAST, PROVISIONED, "the catalog has no price of a model unit: set unit_price_usd_per_hour"),
        (
            {"student": LLAMA, "unit_price_usd_per_hour": Decimal(20)},
            WEST,
            ON_DEMAND,
            "on-demand deployment of Llama 3.1 8B Instruct is offered in no Region",
        ),
    ],
)
def test_no_price_is_invented(settings: dict[str, Any], region: str, mode: HostingMode, why: str) -> None:
    found = compared(region, **settings)
    assert (found.cheaper, found.break_even_requests_per_day, found.costs[mode].usd) == (None, None, None)
    assert why in found.costs[mode].basis
    assert f"{mode.value} unknown ({why}" in found.sentence
    assert found.saved_usd(mode) is None


def test_without_an_expected_traffic_nothing_is_compared() -> None:
    assert compare_hosting(provisioned(), region=EAST, on=TODAY) is None


SIZE = DatasetSize(prompts=1000, heldout=200, tokens=120_000)


@pytest.mark.parametrize(
    ("hosting", "what"),
    [
        (ON_DEMAND, "live endpoint at 20,000 requests a day, a month (break-even: 13,186,814 requests a day)"),
        (
            PROVISIONED,
            "live endpoint at 20,000 requests a day, a month: $14,577.85 dearer than on-demand "
            "(break-even: 13,186,814 requests a day)",
        ),
    ],
)
def test_an_estimate_shows_the_comparison(hosting: HostingMode, what: str) -> None:
    of = recipe(hosting=hosting, expected_traffic=traffic(), unit_price_usd_per_hour=Decimal(20))
    line = estimate(of, SIZE, region=EAST, on=TODAY).afterwards[-1]
    assert line.what == what
    assert "The break-even is" in line.basis


@pytest.mark.parametrize(
    ("term", "usd", "hours"),
    [(CommitmentTerm.ONE_MONTH, "14880.00", "744 h"), (CommitmentTerm.SIX_MONTHS, "88320.00", "4,416 h")],
)
def test_an_estimate_states_what_a_commitment_bills_at_most(term: CommitmentTerm, usd: str, hours: str) -> None:
    of = committed(commitment=term)
    line = estimate(of, SIZE, region=EAST, on=TODAY).afterwards[-1]  # 2 units at $10
    assert (line.what.startswith(f"commitment of {term.value}, at most"), line.usd) == (True, Decimal(usd))
    assert hours in line.basis
    without = estimate(provisioned(), SIZE, region=EAST, on=TODAY)
    assert estimate(of, SIZE, region=EAST, on=TODAY).at_most_usd == without.at_most_usd


@pytest.mark.parametrize("of", [recipe(), provisioned(), replace(committed(), unit_price_usd_per_hour=None)])
def test_without_a_commitment_or_a_price_there_is_no_such_line(of: Any) -> None:
    assert least_bill(of) is None
