"""From what a file says to what `Settings` holds: names from table headings, and a route per recipe."""

from collections.abc import Mapping
from typing import Any

from distillery.core.curation import PersonalData
from distillery.core.names import DISTILLED_PREFIX
from distillery.settings.route import distilled

DATA_DAYS, DATA_DAYS_WHERE_KEPT = 90, 365
"""How long data stays where the file does not say it: without and with `keep_data`."""


def complete(said: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The keyword arguments of `Settings`. Tables of the wrong shape are left for the validation to name."""
    recipes = {name: _careful(_named(name, table)) for name, table in _tables(said, "recipes").items()}
    tables = _tables(said, "routes")
    routes = {name: _named(name, table) for name, table in tables.items() if not name.startswith(DISTILLED_PREFIX)}
    # Routes of recipes come last, each with what its own table says. One without its recipe is left to `checks`.
    of = dict.fromkeys([*recipes, *(name.removeprefix(DISTILLED_PREFIX) for name in tables if name not in routes)])
    students = {DISTILLED_PREFIX + recipe: distilled(recipe) for recipe in of}
    told = {name: _over(table, tables.get(name, {})) for name, table in students.items()}
    days = DATA_DAYS_WHERE_KEPT if said.get("keep_data") is True else DATA_DAYS
    said = {"data_days": days, **said}
    return {**said, "environment": environment, "recipes": recipes, "routes": {**routes, **told}}


def _tables(said: Mapping[str, Any], heading: str) -> dict[str, Any]:
    tables = said.get(heading, {})
    return dict(tables) if isinstance(tables, Mapping) else {}


def _named(name: str, table: Any) -> Any:
    return {**table, "name": name} if isinstance(table, Mapping) else table


def _careful(recipe: Any) -> Any:
    """What callers wrote was not written to be learnt from: a recipe that takes logged calls masks personal data,
    unless it says otherwise."""
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("logs"), Mapping):
        return recipe
    return {**recipe, "curation": _over({"personal_data": PersonalData.MASK.value}, recipe.get("curation", {}))}


def _over(derived: Mapping[str, object], table: Any) -> Any:
    return {**derived, **table} if isinstance(table, Mapping) else table
