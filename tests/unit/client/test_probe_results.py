"""A probe result is read from its own parameter only, and a route follows its own map only."""

import json
from dataclasses import replace

import pytest

from distillery.client import MapUnavailable, published
from distillery.client.route_store import probe_parameter
from tests.fakes.errors import service_error
from tests.unit.cli.routes import APPLICATION, OPTIMIZED
from tests.unit.client.harness import MESSAGES, ClientHarness, route_map

SYSTEM = str(OPTIMIZED.identifier)
FINDING = probe_parameter("dev", "fast", APPLICATION)
ROUTE = "/distillery/dev/routes/fast"


def _called(harness: ClientHarness) -> str:
    harness.route().converse(messages=MESSAGES)
    return harness.called[0]


@pytest.mark.parametrize(
    ("told", "called"),
    [("true", APPLICATION), ("false", SYSTEM), ("True", SYSTEM), ("1", SYSTEM), ("", SYSTEM), ('{"x": 1}', SYSTEM)],
)
def test_a_finding_is_true_or_false_and_nothing_else(told: str, called: str) -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.ssm.parameters[FINDING] = told
    assert _called(harness) == called


def test_a_map_says_nothing_of_what_a_probe_found() -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.ssm.parameters[ROUTE] = json.dumps(route_map(replace(OPTIMIZED, probed=True)).document())
    assert _called(harness) == SYSTEM
    assert published("dev", session=_listing(harness))["routes"]["fast"]["steps"][0].get("probed") is None


def _listing(harness: ClientHarness) -> ClientHarness:
    harness.ssm.parameters["/distillery/dev/serving"] = json.dumps({"routes": ["fast"]})
    return harness


@pytest.mark.parametrize("error", ["AccessDeniedException", "ThrottlingException"])
def test_a_finding_that_cannot_be_read_costs_no_answer(error: str) -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.ssm.errors[FINDING] = service_error(error)
    assert _called(harness) == SYSTEM


@pytest.mark.parametrize("change", [{"route": "teacher"}, {"environment": "prod"}])
def test_a_map_of_another_route_is_not_followed_under_this_ones_name(change: dict[str, str]) -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.ssm.parameters[ROUTE] = json.dumps(route_map(OPTIMIZED).document() | change)
    with pytest.raises(MapUnavailable, match="holds the map of"):
        _called(harness)
    with pytest.raises(MapUnavailable, match="holds the map of"):
        published("dev", session=_listing(harness))
