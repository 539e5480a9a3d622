"""The published maps, as the verbs ask for them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.client.document import RouteMap, Step, UnreadableMap
from distillery.client.reply import Mode
from lambdas.shared.errors import BadRequest

if TYPE_CHECKING:
    from distillery.client.direct import Direct
    from distillery.client.target import Target
    from distillery.command.target import Target as On


def documents(on: "On") -> dict[str, dict[str, Any]]:
    """Every map by its route, as it stands there. Raises NotDeployed or NotReached."""
    from distillery.client.maps import Maps  # boto3

    published = Maps(on.account)
    return {route: published.of(route) for route in published.names}


def read(route: str, document: Mapping[str, Any]) -> RouteMap:
    """Raises BadRequest for a map of another version."""
    try:
        return RouteMap.from_json(json.dumps(document))
    except UnreadableMap as error:
        raise BadRequest(f"route {route!r}: {error}") from error


def named(on: "On", asked: str) -> RouteMap:
    """The map of a route, or of the distilled student of a recipe. Raises BadRequest with the routes there are."""
    from distillery.client.maps import Maps  # boto3

    published = Maps(on.account)
    for name in (asked, f"distilled/{asked}"):
        if name in published.names:
            return read(name, published.of(name))
    has = f"environment {on.account.environment!r} has {published.names}"
    raise BadRequest(f"there is no route {asked!r}; {has}")


def choose(route: RouteMap, which: str | None) -> int:
    """A step's index by its number (from 1), its mode or its tier; the first where nothing is said. Raises
    BadRequest."""
    if which is None:
        return 0
    for index, step in enumerate(route.steps):
        if which in (str(index + 1), how(step), step.tier):
            return index
    has = [f"{number} ({how(step)})" for number, step in enumerate(route.steps, start=1)]
    raise BadRequest(f"route {route.route!r} has no step {which!r}; it has {', '.join(has)}")


def resolved(direct: "Direct", route: RouteMap, index: int) -> "Target":
    """What a step leads to now. Raises BadRequest where it is a student's and none was promoted yet."""
    from distillery.client.errors import NothingPromoted

    try:
        return direct.target(route, index)
    except NothingPromoted as error:
        raise BadRequest(f"route {route.route!r} has no model yet: {error}") from error


def how(step: Step) -> str:
    """`optimized`, `standard`, `standard/priority`: the latency mode, and the tier where it is not the default."""
    return str(Mode(step.latency, step.tier))
