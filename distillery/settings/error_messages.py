"""What the typed shape objects to, in the words of somebody who edits a TOML file."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from distillery.core.logs import LogSource
from distillery.core.names import DISTILLED_PREFIX
from distillery.core.recipe import Recipe
from distillery.settings.environment import (
    LifecycleAcknowledgement,
    Logging,
    Quota,
    Route,
    Settings,
    Trail,
    VpcEndpoint,
)
from distillery.settings.finding import Finding, near

# What follows from the rest, so that nobody writes it.
_DERIVED = {"environment", "name", "recipe"}
# What the route of a recipe has not: its model is the recipe's, and no application profile is made of it.
_NOT_DISTILLED = {"model", "latency", "cost_centres"}
_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset(Settings.model_fields.keys() - _DERIVED),
    "recipes": frozenset({known.name for known in fields(Recipe)} - _DERIVED),
    "routes": frozenset(Route.model_fields.keys() - _DERIVED),
    "acknowledged": frozenset(LifecycleAcknowledgement.model_fields),
    "logging": frozenset(Logging.model_fields),
    "quota": frozenset(Quota.model_fields),
    "trail": frozenset(Trail.model_fields),
    "vpc_endpoint": frozenset(VpcEndpoint.model_fields),
}
_DISTILLED = _KEYS["routes"] - _NOT_DISTILLED
_LOGS = frozenset(known.name for known in fields(LogSource))
_SHAPES: Mapping[str, type[BaseModel]] = {"routes": Route, "acknowledged": LifecycleAcknowledgement}
# A recipe is a dataclass of the vocabulary, and carries no descriptions.
_REQUIRED_OF_A_RECIPE = "a model id of the catalog, such as 'amazon.nova-pro-v1:0'"
_SINGLE: Mapping[str, type[BaseModel]] = {
    "logging": Logging,
    "quota": Quota,
    "trail": Trail,
    "vpc_endpoint": VpcEndpoint,
}
_ALONE = ("cost_tags", *_SINGLE)  # tables without a name of their own
_TABLES = {"recipes": dict, "routes": dict, "acknowledged": list} | dict.fromkeys(_ALONE, dict)


def misspelt(said: Mapping[str, Any]) -> Iterable[Finding]:
    """Keys that no setting has, with the ones they may have meant."""
    yield from _misspelt("", said)
    for heading in ("recipes", "routes"):
        tables = said.get(heading)
        for name, table in tables.items() if isinstance(tables, Mapping) else ():
            yield from _misspelt(f"{heading}.{name}", table)
            if heading == "recipes" and isinstance(table, Mapping):
                yield from _unknown(f"recipes.{name}.logs", table.get("logs"), _LOGS)
    for heading in _SINGLE:
        yield from _misspelt(heading, said.get(heading))
    listed = said.get("acknowledged")
    for index, table in enumerate(listed if isinstance(listed, list) else ()):
        yield from _misspelt(f"acknowledged[{index}]", table)


def _misspelt(where: str, table: Any) -> Iterable[Finding]:
    if where.startswith(f"routes.{DISTILLED_PREFIX}"):
        return _unknown(where, table, _DISTILLED)
    return _unknown(where, table, _KEYS[where.partition(".")[0].partition("[")[0]])


def _unknown(where: str, table: Any, known: frozenset[str]) -> Iterable[Finding]:
    for key in table if isinstance(table, Mapping) else ():
        if key not in known:
            yield Finding(
                where=f"{where}.{key}".removeprefix("."),
                wrong=f"{key!r} is not a setting",
                allowed=", ".join(sorted(known)),
                fix=f"remove it, or write the one that was meant (near it: {near(key, known)})",
            )


def misshapen(said: Mapping[str, Any]) -> Iterable[Finding]:
    """Tables that are something else, and what is no day."""
    for heading, kind in _TABLES.items():
        if heading in said and not isinstance(said[heading], kind):
            form = f"[[{heading}]]" if kind is list else f"[{heading}]" if heading in _ALONE else f"[{heading}.<name>]"
            yield Finding(
                where=heading,
                wrong=f"it is {said[heading]!r}",
                allowed=f"tables headed {form}",
                fix="write it as in environments/dev.toml",
            )
    recipes = said.get("recipes")
    for name, recipe in recipes.items() if isinstance(recipes, Mapping) else ():
        logs = recipe.get("logs") if isinstance(recipe, Mapping) else None
        since = logs.get("anybody_may_teach") if isinstance(logs, Mapping) else None
        if since is not None and type(since) is not date:  # pydantic takes texts, instants and numbers for days
            yield Finding(
                where=f"recipes.{name}.logs.anybody_may_teach",
                wrong=f"it is {since!r}",
                allowed="a day such as 2026-11-29, without quotes",
                fix="write the day on which somebody saw to it that whoever calls may teach",
            )


def objection(error: ErrorDetails) -> Finding:
    """One of pydantic's errors."""
    loc, missing = error["loc"], error["type"] == "missing"
    if error["type"] == "value_error":  # the one rule of the shape that is not of one field: a route leads to a model
        loc, missing = (*loc, "model"), True
    wrong = f"{loc[-1]!r} is missing" if missing else f"it is {error['input']!r}"
    fix = f"write {loc[-1]} = …" if missing else "write one of what is allowed"
    return Finding(where=_where(loc), wrong=wrong, allowed=_allowed(loc, error["msg"]), fix=fix)


def _where(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _allowed(loc: tuple[int | str, ...], wanted: str) -> str:
    """The setting's own description, or what pydantic wanted."""
    heading = str(loc[0])
    if heading == "recipes" and loc[-1] in ("teacher", "student"):
        return _REQUIRED_OF_A_RECIPE
    if heading in _SINGLE and len(loc) > 1:
        return _SINGLE[heading].model_fields[str(loc[1])].description or wanted
    inside = heading in _KEYS and len(loc) > 2
    shape = _SHAPES.get(heading) if inside else Settings
    field = shape.model_fields.get(str(loc[2] if inside else heading)) if shape else None
    return (field and field.description) or wanted[:1].lower() + wanted[1:]
