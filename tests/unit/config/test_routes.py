"""Routes: how each is called, and from which Regions a request may be served."""

from collections.abc import Callable
from datetime import date

import pytest
from pydantic import ValidationError

from infra.config import Route, Settings, load
from lambdas.shared.catalog import ANYWHERE

TODAY = date(2026, 11, 23)
US = ("us-east-1", "us-east-2", "us-west-2")
Build = Callable[..., Settings]


@pytest.mark.parametrize(
    ("name", "profile", "destinations", "application_profile"),
    [
        ("fast", "us.amazon.nova-pro-v1:0", US, False),
        ("haiku", "us.anthropic.claude-haiku-5-5", US, True),
        ("teacher", "us.amazon.nova-pro-v1:0", US, True),
        ("distilled/support", None, (), False),
    ],
)
def test_dev_s_routes(name: str, profile: str | None, destinations: tuple[str, ...], application_profile: bool) -> None:
    route = load("dev", on=TODAY).routes[name]
    assert route.name == name
    assert (route.profile, route.destinations) == (profile, destinations)
    assert route.application_profile is application_profile


def test_a_model_without_a_profile_is_called_in_its_region(settings: Build) -> None:
    route = settings({"inference_region": "eu-west-2"}).routes["fast"]
    assert (route.profile, route.destinations) == (None, ("eu-west-2",))


def test_a_model_that_is_not_served_there_has_no_destination(settings: Build) -> None:
    route = settings({"inference_region": "sa-east-1"}).routes["fast"]
    assert (route.profile, route.destinations) == (None, ())


def test_no_route_today_may_be_served_anywhere_in_the_world() -> None:
    for name in ("dev", "staging", "prod", "launch"):
        assert all(ANYWHERE not in route.destinations for route in load(name, on=TODAY).routes.values())


def test_each_recipe_has_its_route(settings: Build) -> None:
    pair = {"teacher": "amazon.nova-pro-v1:0", "student": "amazon.nova-micro-v1:0"}
    routes = settings({"recipes": {"a": pair, "b": pair}, "routes": {}}).routes
    assert {name: route.recipe for name, route in routes.items()} == {"distilled/a": "a", "distilled/b": "b"}


def test_a_route_leads_to_a_model_or_a_recipe_and_not_to_both() -> None:
    with pytest.raises(ValidationError, match="leads to one model"):
        Route.model_validate({"name": "a", "description": "a", "model": "m", "recipe": "r"})
