"""Warnings about what will become an error."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from distillery.settings import Settings, load, warnings

TODAY = date(2026, 11, 23)
Build = Callable[..., Settings]
LLAMA = {"home_region": "us-west-2", "recipes/support/teacher": "meta.llama3-3-70b-instruct-v1:0"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "recipes.support.student: Amazon Nova Micro ends no sooner than 2025-12-04, "
            "and no later date is announced.",
        ),
        (
            {"routes/haiku/model": "amazon.nova-2-lite-v1:0"},
            "routes.haiku.model: Amazon Nova 2 Lite is active, and no source says when it ends.",
        ),
        (
            LLAMA,
            "recipes.support.teacher: Llama 3.3 70B Instruct is legacy and ends on 2027-03-30. "
            "Use amazon.nova-pro-v1:0 in time.",
        ),
        (
            {"keep_data": True, "account": "222222222222"},
            "notify: it is empty, so nobody is notified when a run fails.",
        ),
        (
            {"reserved_concurrency": 901},
            "reserved_concurrency: Lambda keeps 100 of an account's concurrency unreserved, and an account has 1,000 "
            "in a Region unless quota L-B99A9384 is raised; until then Lambda refuses to reserve 901.",
        ),
    ],
)
def test_warns(changes: dict[str, Any], expected: str, settings: Build) -> None:
    assert expected in warnings(settings(changes), TODAY)


TRAFFIC = {"input_tokens": 800, "output_tokens": 60}
HOSTING, PRICE, EXPECTED = (
    f"recipes/support/{key}" for key in ("hosting", "unit_price_usd_per_hour", "expected_traffic")
)


@pytest.mark.parametrize(
    ("hosting", "requests", "price", "expected"),
    [
        ("provisioned", 20_000, 20, "'provisioned' costs $14,577.85 a month more than 'on-demand' at 20,000 requests"),
        ("on-demand", 20_000, 20, None),
        ("on-demand", 50_000_000, 20, "'on-demand' costs $40,758.34 a month more than 'provisioned' at 50,000,000"),
        ("provisioned", 50_000_000, 20, None),
        ("on-demand", 50_000_000, None, None),
    ],
)
def test_the_dearer_hosting_by_the_expected_traffic_is_warned_of(
    hosting: str, requests: int, price: int | None, expected: str | None, settings: Build
) -> None:
    changes = {HOSTING: hosting, PRICE: price, EXPECTED: {"requests_per_day": requests, **TRAFFIC}}
    found = [text for text in warnings(settings(changes), TODAY) if text.startswith("recipes.support.hosting")]
    assert [(expected or "") in text for text in found] == ([True] if expected else [])


@pytest.mark.parametrize(("day", "warned"), [(date(2026, 10, 24), False), (date(2026, 10, 23), True)])
def test_an_acknowledgement_that_starts_no_commitment_any_more_is_warned_of(
    day: date, warned: bool, settings: Build
) -> None:
    committed = {"commitment": "one-month", "commitment_acknowledged": day, "hosting": "provisioned"}
    changes = {**{f"recipes/support/{key}": value for key, value in committed.items()}, PRICE: 20}
    said = [text for text in warnings(settings(changes), TODAY) if "commitment_acknowledged" in text]
    assert ["starts no commitment" in text for text in said] == ([True] if warned else [])


def test_a_model_in_several_places_is_warned_of_once(settings: Build) -> None:
    of_pro = [text for text in warnings(settings(), TODAY) if "Nova Pro" in text]
    assert len(of_pro) == 1
    assert of_pro[0].startswith("recipes.support.teacher, routes.fast.model: ")


def test_an_end_far_off_is_not_warned_of(settings: Build) -> None:
    assert not [text for text in warnings(settings(), TODAY) if "Haiku 5.5" in text]


def test_an_acknowledged_end_is_repeated_with_its_reason() -> None:
    said = warnings(load("launch", on=TODAY), TODAY)
    assert any("Claude 3 Haiku is ended, acknowledged until 2027-12-31: A faithful record" in text for text in said)


def test_a_reservation_that_every_account_can_make_is_not_warned_of(settings: Build) -> None:
    assert not [text for text in warnings(settings({"reserved_concurrency": 900}), TODAY) if "concurrency" in text]


def test_more_recipes_on_demand_than_an_account_has_deployments_for(settings: Build) -> None:
    pair = {"teacher": "amazon.nova-pro-v1:0", "student": "amazon.nova-micro-v1:0"}
    for count, warned in ((9, False), (10, True)):
        recipes = {f"recipe-{number}": pair for number in range(count)}
        said = warnings(settings({"recipes": recipes}), TODAY)
        assert any("L-1EF80F3E" in text for text in said) is warned
