"""Fallback policies with steps that lead nowhere, and routes with too many cost centres."""

import json
from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Tier
from distillery.core.names import Names
from distillery.settings.environment import OWN_MODEL, PRIORITY, RouteSettings, Settings
from distillery.settings.fallback import FallbackPolicy, FallbackStep, fallbacks, first_step, policies
from distillery.settings.finding import ConfigFinding, closest_matches
from distillery.settings.route_map import applications_of, route_map

MAP_MAX = 4_000
"""Characters. A standard parameter has 4,096 (Systems Manager, parameter-store-advanced-parameters); `distillery probe`
needs the rest."""

PROFILES_MAX = 40
"""The invoke function's role names each profile twice, and its policies have 10,240 characters in total."""

_ARN = "arn:aws:bedrock:ap-southeast-1:111111111111:application-inference-profile/abcdefghijkl"
_WORDS = '"priority", "standard", other routes and model ids of the catalog'


def check_fallbacks(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each route leads to a model, and no two steps of its policy are the same."""
    for name, route in settings.routes.items():
        if name in OWN_MODEL or name.startswith("distilled-"):
            taken = (
                f"{name!r} is a word of fallback policies"
                if name in OWN_MODEL
                else "the prefix belongs to the routes of recipes"
            )
            yield ConfigFinding(f"routes.{name}", taken, "other names", "rename it")
        if route.recipe is not None and route.recipe not in settings.recipes:
            yield _no_recipe(settings, name, route.recipe)
        before = [first_step(settings, route)]
        for index, (step, word) in enumerate(fallbacks(settings, route)):
            if wrong := _wrong(settings, route, step, word, before):
                yield ConfigFinding(where=f"routes.{name}.fallback[{index}]", **wrong)
            before.append(step)


def _no_recipe(settings: Settings, name: str, recipe: str) -> ConfigFinding:
    allowed = ", ".join(settings.recipes) or "none"
    fix = f"remove the table, or name a recipe (near it: {closest_matches(recipe, settings.recipes)})"
    return ConfigFinding(f"routes.{name}", f"there is no recipe {recipe!r}", allowed, fix)


def _wrong(
    settings: Settings, route: RouteSettings, step: FallbackStep | None, word: str, before: list[FallbackStep | None]
) -> dict[str, str]:
    """The clauses of a finding; empty if the step is valid."""
    if word in OWN_MODEL and route.model is None:
        wrong = f"{word!r} means the route's own model, and a distilled model has no tiers or latency modes"
        return {
            "wrong": wrong,
            "allowed": "other routes and model ids",
            "fix": "name another route, such as the teacher's",
        }
    if step is None:
        return _unknown(settings, word) if word not in settings.routes and word not in OWN_MODEL else {}
    if step in before:
        wrong, fix = f"{word!r} is the same as an earlier step", "remove it: a call that failed is not repeated"
        return {"wrong": wrong, "allowed": "each model, mode and tier once", "fix": fix}
    if word == PRIORITY and Tier.PRIORITY not in catalog.model(step.model).tiers:
        able = sorted(model.id for model in catalog.models() if Tier.PRIORITY in model.tiers)
        wrong = f"{step.model!r} has no priority tier"
        return {
            "wrong": wrong,
            "allowed": f"models with one: {', '.join(able)}",
            "fix": 'write "standard" in its place',
        }
    return {}


def _unknown(settings: Settings, word: str) -> dict[str, str]:
    known = [*OWN_MODEL, *settings.routes, *(model.id for model in catalog.models())]
    return {
        "wrong": f"{word!r} is neither a route nor a model of the catalog",
        "allowed": _WORDS,
        "fix": f"write one of these (near it: {closest_matches(word, known)})",
    }


def check_cost_centres(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each cost centre is named once and has an effect, and all of them together fit into a role's policies."""
    every = policies(settings)
    for policy in every:
        where, centres = f"routes.{policy.route.name}.cost_centres", policy.route.cost_centres
        if len(set(centres)) < len(centres):
            yield ConfigFinding(where, "one is named twice", "each cost centre once", "remove one")
        if centres and policy.steps and not any(step.application_profile for step in policy.steps):
            wrong = (
                "no step of the route is called through an application inference profile; optimized latency has none"
            )
            yield ConfigFinding(where, wrong, "routes with a step at standard latency", 'add fallback = ["standard"]')
    if (count := sum(len(applications_of(policy)) for policy in every)) > PROFILES_MAX:
        wrong = f"they have {count} application inference profiles in total: one for each route, model and cost centre"
        yield ConfigFinding("routes", wrong, f"at most {PROFILES_MAX}", "leave out cost centres or fallback models")


def check_maps(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each route's map fits into its SSM parameter."""
    for policy in policies(settings):
        if (length := _length(policy, Names(settings.environment))) > MAP_MAX:
            where, wrong = f"routes.{policy.route.name}", f"its map would have {length} characters"
            yield ConfigFinding(where, wrong, f"at most {MAP_MAX}", "leave out cost centres or steps of its fallback")


def _length(policy: FallbackPolicy, names: Names) -> int:
    published = route_map(policy, names, dict.fromkeys(applications_of(policy), _ARN))
    return len(json.dumps(published.document(), separators=(",", ":"), ensure_ascii=False))
