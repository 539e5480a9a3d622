"""Prices: known with a date, or not known."""

from datetime import date
from decimal import Decimal

import pytest

from distillery.core import catalog
from distillery.core.catalog import PriceKind, ProfileId

PRO = "amazon.nova-pro-v1:0"
MICRO = "amazon.nova-micro-v1:0"
PREMIER = "amazon.nova-premier-v1:0"
SONNET = "anthropic.claude-3-5-sonnet-20240620-v1:0"
HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
HAIKU_3_5 = "anthropic.claude-3-5-haiku-20241022-v1:0"
HAIKU_5_5 = "anthropic.claude-haiku-5-5"
LAUNCH = date(2024, 12, 4)


@pytest.mark.parametrize(
    ("ident", "kind", "profile", "expected"),
    [
        (PRO, PriceKind.STANDARD, None, ("0.80", "3.20")),
        (PRO, PriceKind.STANDARD, f"us.{PRO}", ("0.80", "3.20")),  # no surcharge for routing
        (PRO, PriceKind.OPTIMIZED, f"us.{PRO}", ("1.00", "4.00")),
        (PRO, PriceKind.OPTIMIZED, None, None),
        (PRO, PriceKind.FLEX, None, ("0.40", "1.60")),
        (HAIKU_3_5, PriceKind.OPTIMIZED, f"us.{HAIKU_3_5}", ("1", "5")),
        (HAIKU_5_5, PriceKind.STANDARD, f"us.{HAIKU_5_5}", ("0.11", "0.55")),
        (HAIKU_5_5, PriceKind.STANDARD, f"global.{HAIKU_5_5}", ("0.10", "0.50")),
        (HAIKU_5_5, PriceKind.STANDARD, f"eu.{HAIKU_5_5}", None),
        (MICRO, PriceKind.STANDARD, f"global.{MICRO}", None),
        (MICRO, PriceKind.PRIORITY, None, None),
    ],
)
def test_a_price_is_known_or_none(
    ident: str, kind: PriceKind, profile: str | None, expected: tuple[str, str] | None
) -> None:
    found = catalog.price(ident, kind, ProfileId(profile) if profile else None)
    assert (found and (found.per_million_input, found.per_million_output)) == (
        expected and tuple(Decimal(amount) for amount in expected)
    )


def test_a_price_before_its_first_date_is_quoted_with_the_date_it_has() -> None:
    found = catalog.price(SONNET, on=LAUNCH)
    assert found
    assert found.as_of == date(2025, 7, 20)


def test_request_cost_includes_input_output_and_the_long_prompt_surcharge() -> None:
    price = catalog.price(HAIKU_5_5, profile=ProfileId(f"us.{HAIKU_5_5}"))
    assert price
    assert price.cost(input_tokens=1_000_000, output_tokens=0) == Decimal("0.55")  # five times: above 100,000
    assert price.cost(input_tokens=100_000, output_tokens=1_000_000) == Decimal("0.561")


def test_a_custom_model_is_priced_as_its_base_and_says_that_this_is_unverified() -> None:
    found = catalog.custom_model_price(MICRO)
    assert found
    assert found.per_million_input == Decimal("0.035")
    assert "UNVERIFIED" in found.source
    assert catalog.custom_model_price(PREMIER) is None


def test_storage_has_a_price_and_training_may_have_none() -> None:
    assert catalog.storage_price().per_model_month == Decimal("1.95")
    assert catalog.training_price(MICRO)
    assert catalog.training_price(HAIKU_3) is None
