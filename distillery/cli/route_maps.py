"""The published maps of routes, as the verbs read them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.client.route_map import RouteMap, UnreadableMap
from distillery.core.errors import BadRequest
from distillery.core.names import DISTILLED_PREFIX

if TYPE_CHECKING:
    from distillery.cli.target import Target as On
    from distillery.client.converse import ResolvedStep
    from distillery.client.single_step import SingleStep


def read_documents(on: "On") -> dict[str, dict[str, Any]]:
    """Returns every map by its route, as it was published. Raises NotDeployed or NotReached."""
    from distillery.client.published_maps import PublishedMaps  # boto3

    published = PublishedMaps(on.account)
    return {route: published.get(route) for route in published.names}


def parse(route: str, document: Mapping[str, Any]) -> RouteMap:
    """Raises BadRequest for a map of another version."""
    try:
        return RouteMap.from_json(json.dumps(document))
    except UnreadableMap as error:
        raise BadRequest(f"route {route!r}: {error}") from error


def route_name(on: "On", given: str) -> str:
    """Returns the full name of a route that is given by its name or, for a distilled student, by its recipe's.

    Like the client, it tries the route of that name first. Raises BadRequest, with the routes that exist, for any other
    name.
    """
    from distillery.client.published_maps import PublishedMaps  # boto3

    names = PublishedMaps(on.account).names
    for name in (given, DISTILLED_PREFIX + given):
        if name in names:
            return name
    raise BadRequest(f"there is no route {given!r}; environment {on.account.environment!r} has {names}")


def find_route(on: "On", given: str) -> RouteMap:
    """Returns the map of the route that `route_name` finds."""
    from distillery.client.published_maps import PublishedMaps  # boto3

    name = route_name(on, given)
    return parse(name, PublishedMaps(on.account).get(name))


def step_index(route: RouteMap, which: str | None) -> int:
    """Returns the index of the step with that number (from 1), mode or tier; 0 for None. Raises BadRequest."""
    if which is None:
        return 0
    for index, step in enumerate(route.steps):
        if which in (str(index + 1), str(step.mode), step.tier):
            return index
    has = [f"{number} ({step.mode})" for number, step in enumerate(route.steps, start=1)]
    raise BadRequest(f"route {route.route!r} has no step {which!r}; it has {', '.join(has)}")


def resolve(direct: "SingleStep", route: RouteMap, index: int) -> "ResolvedStep":
    """Returns what a step leads to now. Raises BadRequest for a student of which none was promoted yet, whose alias is
    paused or not one that promotion writes, or whose system prompt cannot be read."""
    from distillery.client.errors import NothingPromoted, OutsideBusinessHours, SystemPromptUnavailable, UnreadableAlias

    try:
        return direct.resolve(route, index)
    except NothingPromoted as error:
        raise BadRequest(f"route {route.route!r} has no model yet: {error}") from error
    except (OutsideBusinessHours, UnreadableAlias, SystemPromptUnavailable) as error:
        raise BadRequest(f"route {route.route!r}: {error}") from error
