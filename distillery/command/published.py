"""The published maps, as the verbs ask for them."""

import json
from collections.abc import Mapping
from typing import Any

from distillery.client.document import DEFAULT_TIER, RouteMap, Step, UnreadableMap
from distillery.command.target import Target
from lambdas.shared.errors import BadRequest


def documents(on: Target) -> dict[str, dict[str, Any]]:
    """Every map by its route, as it stands there. Raises NotDeployed or NotReached."""
    from distillery.client.maps import Maps  # boto3

    return Maps(on.account).all()


def maps(told: Mapping[str, Mapping[str, Any]]) -> dict[str, RouteMap]:
    """The same, read. Raises BadRequest for a map of another version."""
    return {route: _read(route, json.dumps(document)) for route, document in told.items()}


def _read(route: str, text: str) -> RouteMap:
    try:
        return RouteMap.from_json(text)
    except UnreadableMap as error:
        raise BadRequest(f"route {route!r}: {error}") from error


def named(on: Target, asked: str, published: dict[str, RouteMap]) -> RouteMap:
    """The map of a route, or of the distilled student of a recipe. Raises BadRequest with the routes there are."""
    for name in (asked, f"distilled/{asked}"):
        if name in published:
            return published[name]
    has = f"environment {on.account.environment!r} has {list(published)}"
    raise BadRequest(f"there is no route {asked!r}; {has}")


def choose(route: RouteMap, which: str | None) -> Step:
    """A step by its number (from 1), its mode or its tier; the first where nothing is said. Raises BadRequest."""
    if which is None:
        return route.steps[0]
    for number, step in enumerate(route.steps, start=1):
        if which in (str(number), how(step), step.tier):
            return step
    has = [f"{number} ({how(step)})" for number, step in enumerate(route.steps, start=1)]
    raise BadRequest(f"route {route.route!r} has no step {which!r}; it has {', '.join(has)}")


def identifier(on: Target, route: str, step: Step) -> str:
    """`modelId` of a step. Raises BadRequest where it is a student's and none was promoted yet."""
    if step.application is not None and step.probed:
        return step.application
    if step.identifier is not None:
        return step.identifier
    recipe = str(step.alias).rpartition("/")[2]
    alias = on.account.alias(recipe)
    if alias is None:
        raise BadRequest(f"route {route!r} has no model yet: nothing was promoted to {step.alias}; run its recipe")
    return str(alias["endpoint"]["arn"])


def how(step: Step) -> str:
    """`optimized`, `standard`, `standard/priority`: the latency mode, and the tier where it is not the default."""
    return step.latency if step.tier == DEFAULT_TIER else f"{step.latency}/{step.tier}"
