"""What is measured: a route's first step, its model with standard latency, or the named step."""

from dataclasses import replace

import pytest

from distillery.cli.benchmark.variant import baseline, variants
from distillery.client.route_map import RouteMap
from tests.unit.cli.benchmark.routes import resolved
from tests.unit.cli.routes import APPLICATION, FAST, OPTIMIZED, PRO, STANDARD, SUPPORT, route_map

PLAIN = route_map("plain", STANDARD)
ALONE = route_map("alone", OPTIMIZED)
TIERED = route_map("tiered", replace(STANDARD, tier="priority"), replace(STANDARD, model="another"))

TWICE = route_map("twice", OPTIMIZED, STANDARD, replace(STANDARD, model="another", identifier="another"))


@pytest.mark.parametrize(
    ("routes", "names"),
    [
        ([(FAST, None)], ["fast:optimized", "fast:standard"]),
        ([(FAST, None), (SUPPORT, None)], ["fast:optimized", "fast:standard", "distilled/support:standard"]),
        ([(FAST, 1)], ["fast:standard/priority"]),
        ([(FAST, 2), (FAST, None), (FAST, 0)], ["fast:standard", "fast:optimized"]),
        ([(PLAIN, None)], ["plain:standard"]),
        ([(ALONE, None)], ["alone:optimized", "alone:standard"]),
        ([(TIERED, None)], ["tiered:standard/priority", "tiered:1 (standard)"]),
        ([(TIERED, None), (TIERED, 1)], ["tiered:standard/priority", "tiered:1 (standard)", "tiered:standard"]),
        ([(TWICE, 1), (TWICE, 2), (TWICE, 1)], ["twice:2 (standard)", "twice:3 (standard)"]),
        ([(TWICE, None)], ["twice:optimized", "twice:2 (standard)"]),
    ],
)
def test_the_arms_of_what_was_asked_for(routes: list[tuple[RouteMap, int | None]], names: list[str]) -> None:
    assert [arm.name for arm in variants(routes, resolved)] == names


def test_two_steps_in_one_mode_are_two_arms() -> None:
    called = [arm.target.identifier for arm in variants([(TWICE, 1), (TWICE, 2)], resolved)]
    assert called == [APPLICATION, "another"]


def test_standard_latency_uses_the_routes_own_step_or_the_same_identifier() -> None:
    (_, own), (_, made) = (variants([(route, None)], resolved) for route in (FAST, ALONE))
    assert (own.target.identifier, own.target.index) == (APPLICATION, 2)
    assert (made.target.identifier, made.step.latency, made.step.model) == (f"us.{PRO}", "standard", PRO)


@pytest.mark.parametrize(
    ("routes", "usual"),
    [
        ([FAST, SUPPORT], "fast:standard"),
        ([SUPPORT, FAST], "fast:standard"),
        ([SUPPORT], "distilled/support:standard"),
    ],
)
def test_a_foundation_model_served_as_usual_is_what_others_are_compared_with(
    routes: list[RouteMap], usual: str
) -> None:
    assert baseline(variants([(route, None) for route in routes], resolved)).name == usual
