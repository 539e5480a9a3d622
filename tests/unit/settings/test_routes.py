"""Routes: how the steps of a fallback policy are resolved, and what is published."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from distillery.core.catalog import ANYWHERE, Latency, Tier
from distillery.core.names import Names
from distillery.settings import FallbackStep, RouteSettings, Settings, load, policies
from distillery.settings.route_map import applications_of, route_map

TODAY = date(2026, 11, 23)
US = ("us-east-1", "us-east-2", "us-west-2")
PRO, HAIKU = "amazon.nova-pro-v1:0", "anthropic.claude-haiku-5-5"
DISTILLED = "routes/distilled\N{DIVISION SLASH}support"
Build = Callable[..., Settings]


def steps(settings: Settings, route: str) -> tuple[FallbackStep, ...]:
    return {policy.route.name: policy for policy in policies(settings)}[route].steps


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "fast",
            [(PRO, "optimized", "default"), (PRO, "standard", "priority"), (PRO, "standard", "default"),
             (HAIKU, "standard", "default")],
        ),
        ("haiku", [(HAIKU, "standard", "default")]),
        ("teacher", [(PRO, "standard", "default")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_today_s_routes(environment: str, name: str, expected: list[tuple[str, str, str]]) -> None:
    found = steps(load(environment, on=TODAY), name)
    assert [(step.model, step.latency, step.tier) for step in found] == expected
    assert {step.profile for step in found} == {f"us.{step.model}" for step in found}
    assert {step.destinations for step in found} == {US}
    assert [step.application_profile for step in found] == [mode != "optimized" for _, mode, _ in expected]


def test_the_announced_system_s_fast_route_falls_back_to_standard_alone() -> None:
    optimized, standard = steps(load("launch", on=date(2024, 12, 4)), "fast")
    assert (optimized.latency, standard.latency) == (Latency.OPTIMIZED, Latency.STANDARD)
    assert optimized.profile == standard.profile == "us.anthropic.claude-3-5-haiku-20241022-v1:0"
    assert optimized.destinations == US


def test_a_recipe_s_route_leads_to_its_student_at_home_and_on_as_its_table_says(settings: Build) -> None:
    student, teacher = steps(settings({DISTILLED: {"fallback": [PRO]}}), "distilled/support")
    assert (student.model, student.recipe, student.region) == ("amazon.nova-micro-v1:0", "support", "us-east-1")
    assert (student.destinations, student.application_profile) == ((), False)
    assert (teacher.model, teacher.recipe, teacher.region) == (PRO, None, "us-east-2")


def test_a_route_may_fall_back_to_a_student(settings: Build) -> None:
    (_, student) = steps(settings({"routes/fast/fallback": ["distilled/support"]}), "fast")
    assert student.recipe == "support"


def test_a_model_without_a_profile_is_called_in_its_region(settings: Build) -> None:
    (step,) = steps(settings({"inference_region": "eu-west-2"}), "fast")
    assert (step.profile, step.destinations) == (None, ("eu-west-2",))


def test_a_model_that_is_not_served_there_has_no_destination(settings: Build) -> None:
    (step,) = steps(settings({"inference_region": "sa-east-1"}), "fast")
    assert (step.profile, step.destinations) == (None, ())


def test_no_route_today_may_be_served_anywhere_in_the_world() -> None:
    for name in ("dev", "staging", "prod", "launch"):
        assert all(ANYWHERE not in step.destinations for p in policies(load(name, on=TODAY)) for step in p.steps)


def test_each_recipe_has_its_route(settings: Build) -> None:
    pair = {"teacher": PRO, "student": "amazon.nova-micro-v1:0"}
    routes = settings({"recipes": {"a": pair, "b": pair}, "routes": {"distilled/b": {"team": "x"}}}).routes
    assert [(name, route.recipe, route.team) for name, route in routes.items()] == [
        ("distilled/a", "a", None),
        ("distilled/b", "b", "x"),
    ]


def test_a_route_leads_to_a_model_or_a_recipe_and_not_to_both() -> None:
    with pytest.raises(ValidationError, match="leads to one model"):
        RouteSettings.model_validate({"name": "a", "description": "a", "model": "m", "recipe": "r"})


# published maps


def published(settings: Settings, route: str) -> dict[str, Any]:
    (policy,) = [each for each in policies(settings) if each.route.name == route]
    arns = {key: ":".join(key) for key in applications_of(policy)}
    return route_map(policy, Names("dev"), arns).document()


def test_an_optimized_step_names_the_system_profile_and_keeps_the_application_s_to_be_probed(settings: Build) -> None:
    (step,) = published(settings(), "fast")["steps"]
    assert step == {
        "model": PRO,
        "region": "us-east-2",
        "identifier": f"us.{PRO}",
        "latency": "optimized",
        "application": f"{PRO}:",
        "prices": {"input": "1.00", "output": "4.00", "as_of": "2025-07-20"},
    }


def test_the_other_steps_name_the_route_s_own_profile_and_that_of_each_cost_centre(settings: Build) -> None:
    changes = {"routes/fast/fallback": ["priority", "haiku"], "routes/fast/cost_centres": ["shop"]}
    told = published(settings(changes), "fast")["steps"]
    assert [step.get("tier") for step in told] == [None, Tier.PRIORITY, None]
    assert [step["identifier"] for step in told] == [f"us.{PRO}", f"{PRO}:", f"{HAIKU}:"]
    assert [step.get("cost_centres") for step in told] == [None, {"shop": f"{PRO}:shop"}, {"shop": f"{HAIKU}:shop"}]
    assert told[1]["prices"]["input"] == "1.40"
    assert "long_above" not in told[1]["prices"]
    surcharge = (told[2]["prices"]["long_above"], told[2]["prices"]["long_factor"])
    assert surcharge == (100_000, "5"), "the prices of long requests in the catalog"


def test_a_student_s_step_names_its_alias_and_what_its_base_costs_by_the_token(settings: Build) -> None:
    told = published(settings(), "distilled/support")
    (step,) = told["steps"]
    assert (step["alias"], step["region"]) == ("/distillery/dev/alias/support", "us-east-1")
    assert "identifier" not in step
    assert step["prices"]["input"] == "0.035"
    by_hour = {"recipes/support/hosting": "provisioned", "recipes/support/unit_price_usd_per_hour": 20}
    assert "prices" not in published(settings(by_hour), "distilled/support")["steps"][0]


def test_a_map_says_its_tags_and_how_long_an_answer_may_be(settings: Build) -> None:
    changes = {"routes/fast/team": "search", "routes/fast/max_tokens": 9, DISTILLED: {"team": "care"}}
    fast, student = (published(settings(changes), name) for name in ("fast", "distilled/support"))
    assert fast["tags"] == {
        "distillery:environment": "dev",
        "distillery:route": "fast",
        "distillery:team": "search",
    }
    assert student["tags"].items() >= {"distillery:recipe": "support", "distillery:team": "care"}.items()
    assert (fast["max_tokens"], student["max_tokens"]) == (9, 64)
    assert published(settings(), "haiku")["max_tokens"] == 1024
