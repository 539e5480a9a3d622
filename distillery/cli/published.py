"""The published maps, as the verbs ask for them."""

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


def documents(on: "On") -> dict[str, dict[str, Any]]:
    """Every map by its route, as it stands there. Raises NotDeployed or NotReached."""
    from distillery.client.published_maps import PublishedMaps  # boto3

    published = PublishedMaps(on.account)
    return {route: published.get(route) for route in published.names}


def read(route: str, document: Mapping[str, Any]) -> RouteMap:
    """Raises BadRequest for a map of another version."""
    try:
        return RouteMap.from_json(json.dumps(document))
    except UnreadableMap as error:
        raise BadRequest(f"route {route!r}: {error}") from error


def known(on: "On", asked: str) -> str:
    """The whole name of a route, or of a recipe's: as the client, which looks for the route of that name first. Raises
    BadRequest with the routes there are."""
    from distillery.client.published_maps import PublishedMaps  # boto3

    names = PublishedMaps(on.account).names
    for name in (asked, DISTILLED_PREFIX + asked):
        if name in names:
            return name
    raise BadRequest(f"there is no route {asked!r}; environment {on.account.environment!r} has {names}")


def named(on: "On", asked: str) -> RouteMap:
    """The map of the route that `known` means."""
    from distillery.client.published_maps import PublishedMaps  # boto3

    name = known(on, asked)
    return read(name, PublishedMaps(on.account).get(name))


def choose(route: RouteMap, which: str | None) -> int:
    """A step's index by its number (from 1), its mode or its tier; the first where nothing is said. Raises
    BadRequest."""
    if which is None:
        return 0
    for index, step in enumerate(route.steps):
        if which in (str(index + 1), str(step.mode), step.tier):
            return index
    has = [f"{number} ({step.mode})" for number, step in enumerate(route.steps, start=1)]
    raise BadRequest(f"route {route.route!r} has no step {which!r}; it has {', '.join(has)}")


def resolved(direct: "SingleStep", route: RouteMap, index: int) -> "ResolvedStep":
    """What a step leads to now. Raises BadRequest where it is a student's and none was promoted yet, or its alias
    says what promotion does not."""
    from distillery.client.errors import NothingPromoted, UnreadableAlias

    try:
        return direct.resolve(route, index)
    except NothingPromoted as error:
        raise BadRequest(f"route {route.route!r} has no model yet: {error}") from error
    except UnreadableAlias as error:
        raise BadRequest(f"route {route.route!r}: {error}") from error
