"""The invoke function's routes: written by the deployment, read by the function."""

import json

import pytest

from distillery.core import env_vars, served_routes
from distillery.core.errors import Misconfigured, NoModel
from distillery.core.served_routes import ServedRoute, ServedRoutes

ROUTES = ServedRoutes(
    routes=(
        ServedRoute(name="distilled/support"),
        ServedRoute(name="fast", principals=("assumed-role/shop/*", "user/ana")),
    )
)


def test_what_a_deployment_writes_is_what_the_function_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_vars, "read_settings", lambda _: json.loads(served_routes.dump(ROUTES)))
    assert served_routes.read() == ROUTES


def test_a_function_without_its_layer_says_so() -> None:
    with pytest.raises(Misconfigured, match="deploy its stack again"):
        served_routes.read()


@pytest.mark.parametrize(
    ("said", "name"),
    [("fast", "fast"), ("distilled/support", "distilled/support"), ("support", "distilled/support")],
)
def test_a_route_is_named_whole_or_by_its_recipe(said: str, name: str) -> None:
    assert ROUTES.find(said).name == name


def test_a_route_of_a_recipe_s_name_comes_first() -> None:
    assert (
        ServedRoutes(routes=(ServedRoute(name="distilled/fast"), ServedRoute(name="fast"))).find("fast").name == "fast"
    )


@pytest.mark.parametrize("said", ["slow", "", "distilled/", "distilled/distilled/support", "fast:1", "Fast", "a\nb"])
def test_what_is_no_route_is_refused_and_quoted_only_where_it_looks_like_a_name(said: str) -> None:
    with pytest.raises(NoModel) as refused:
        ROUTES.find(said)
    assert "\n" not in str(refused.value)
    assert ("'slow'" in str(refused.value)) == (said == "slow")
