"""From what a file says to what `Settings` holds: names from table headings, ways to models, a route per recipe."""

from collections.abc import Mapping
from typing import Any

from infra.config.route import Route, way_to


def complete(said: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The keyword arguments of `Settings`. Tables of the wrong shape are left for the validation to name."""
    region = str(said.get("inference_region"))
    recipes = {name: _named(name, table) for name, table in _tables(said, "recipes").items()}
    routes = {name: _led(_named(name, table), region) for name, table in _tables(said, "routes").items()}
    distilled = {route.name: route for route in map(Route.to_recipe, recipes)}
    return {**said, "environment": environment, "recipes": recipes, "routes": {**routes, **distilled}}


def _tables(said: Mapping[str, Any], heading: str) -> dict[str, Any]:
    tables = said.get(heading, {})
    return dict(tables) if isinstance(tables, Mapping) else {}


def _named(name: str, table: Any) -> Any:
    return {**table, "name": name} if isinstance(table, Mapping) else table


def _led(table: Any, region: str) -> Any:
    """A route's table with the way to its model."""
    if not isinstance(table, Mapping):
        return table
    profile, destinations = way_to(str(table.get("model")), region)
    return {**table, "profile": profile, "destinations": destinations}
