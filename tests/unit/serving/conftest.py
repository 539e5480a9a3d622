"""The invoke function in a world of fakes."""

from collections.abc import Iterator

import pytest

from distillery.core import clock, served_routes
from distillery.core.env_vars import Variable
from distillery.core.served_routes import ServedRoute, ServedRoutes
from lambdas.serving import handler
from tests.unit.client.world import OPTIMIZED, OTHER, STANDARD, STUDENT, World, route_map


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Routes fast (with fallbacks), plain, and distilled/support, which follows its alias."""
    world = World(route_map(OPTIMIZED, STANDARD, OTHER))
    world.publish(route_map(STANDARD, route="plain"))
    world.publish(route_map(STUDENT, route="distilled/support"))
    world.promote()
    routes = tuple(ServedRoute(name=name) for name in ("distilled/support", "fast", "plain"))
    monkeypatch.setattr(served_routes, "read", lambda: ServedRoutes(routes=routes))
    monkeypatch.setattr(handler, "_session", lambda: world)
    monkeypatch.setattr(clock, "timestamp", lambda: 1_700_000_000.0)
    monkeypatch.setattr("distillery.client.fallback.time.sleep", lambda _: None)
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    monkeypatch.delenv(Variable.LOG_PROMPTS, raising=False)
    _forget()
    yield world
    _forget()


def _forget() -> None:
    """What a sandbox keeps."""
    handler._route.cache_clear()
    handler._offer.cache_clear()
