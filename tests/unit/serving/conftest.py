"""The invoke function over fakes."""

from collections.abc import Iterator

import pytest

from distillery.core import clock, served_routes
from distillery.core.env_vars import Variable
from distillery.core.served_routes import ServedRoute, ServedRoutes
from lambdas.serving import handler
from tests.unit.client.harness import OPTIMIZED, OTHER, STANDARD, STUDENT, ClientHarness, route_map


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientHarness]:
    """Routes fast (with fallbacks), plain, and distilled/support, which follows its alias."""
    harness = ClientHarness(route_map(OPTIMIZED, STANDARD, OTHER))
    harness.publish(route_map(STANDARD, route="plain"))
    harness.publish(route_map(STUDENT, route="distilled/support"))
    harness.promote()
    routes = tuple(ServedRoute(name=name) for name in ("distilled/support", "fast", "plain"))
    monkeypatch.setattr(served_routes, "read", lambda: ServedRoutes(routes=routes))
    monkeypatch.setattr(handler, "_session", lambda: harness)
    monkeypatch.setattr(clock, "timestamp", lambda: 1_700_000_000.0)
    monkeypatch.setattr("distillery.client.clock.time.sleep", lambda _: None)
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    monkeypatch.delenv(Variable.LOG_PROMPTS, raising=False)
    _forget()
    yield harness
    _forget()


def _forget() -> None:
    """Clears what a Lambda execution environment caches."""
    handler._route.cache_clear()
    handler._offer.cache_clear()
