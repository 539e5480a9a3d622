"""Findings about keys and values of the wrong shape, in the terms of the TOML file.

pydantic finds them: every table forbids unknown keys. What pydantic cannot find is a key that `normalize` sets from a
table's heading, and a value that pydantic converts to a date.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from distillery.core.business_hours import BusinessHours
from distillery.core.canary import CanaryOptions
from distillery.core.judging import GraderSpec
from distillery.core.logs import LogSource
from distillery.core.names import DISTILLED_PREFIX
from distillery.core.promotion_window import PromotionWindow
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, ExpectedTraffic
from distillery.settings.deployment import GitHubDeployment
from distillery.settings.environment import (
    LifecycleAcknowledgement,
    Logging,
    Quota,
    RouteSettings,
    Settings,
    Trail,
    VpcEndpoint,
)
from distillery.settings.finding import ConfigFinding, closest_matches
from distillery.settings.promotion import Promotion

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""pydantic's error types for a key that a model, or a dataclass, does not have."""

_NAMED = ("recipes", "routes", "acknowledged")
"""Headings of tables that have a name or an index of their own."""

_TABLES: Mapping[tuple[str, ...], type] = {
    ("acknowledged",): LifecycleAcknowledgement,
    ("cost_tags",): dict,
    ("deployment",): GitHubDeployment,
    ("logging",): Logging,
    ("promotion",): Promotion,
    ("promotion", "window"): PromotionWindow,
    ("quota",): Quota,
    ("recipes",): Recipe,
    ("recipes", "business_hours"): BusinessHours,
    ("recipes", "canary"): CanaryOptions,
    ("recipes", "curation"): Curation,
    ("recipes", "expected_traffic"): ExpectedTraffic,
    ("recipes", "graders"): GraderSpec,
    ("recipes", "logs"): LogSource,
    ("routes",): RouteSettings,
    ("trail",): Trail,
    ("vpc_endpoint",): VpcEndpoint,
}

_DERIVED = {"environment", "name", "recipe"}
_RECIPE_ROUTE = {*_DERIVED, "model", "latency", "cost_centres"}
"""Keys that the table of a recipe's route cannot have: its model is the recipe's, without application profiles."""


def misplaced_keys(raw: Mapping[str, Any]) -> Iterator[ConfigFinding]:
    """Keys that `normalize` derives from headings and recipes."""
    if "environment" in raw:
        yield _unknown_key(("environment",), _DERIVED)
    for heading in ("recipes", "routes"):
        for name, table in _tables(raw, heading):
            derived = _RECIPE_ROUTE if name.startswith(DISTILLED_PREFIX) else _DERIVED
            yield from (_unknown_key((heading, name, key), derived) for key in table if key in derived)


def converted_dates(raw: Mapping[str, Any]) -> Iterator[ConfigFinding]:
    """Values that are no TOML dates: pydantic converts texts, timestamps and numbers to dates."""
    for name, recipe in _tables(raw, "recipes"):
        logs = recipe.get("logs")
        day = logs.get("anybody_may_teach") if isinstance(logs, Mapping) else None
        yield from _converted(f"{name}.logs.anybody_may_teach", day, "checked that every caller may teach the student")
        day = recipe.get("commitment_acknowledged")
        yield from _converted(f"{name}.commitment_acknowledged", day, "acknowledged what the commitment bills")


def _converted(key: str, day: object, what: str) -> Iterator[ConfigFinding]:
    if day is not None and type(day) is not date:
        yield ConfigFinding(
            where=f"recipes.{key}",
            wrong=f"it is {day!r}",
            allowed="a day such as 2026-11-29, without quotes",
            fix=f"write the day on which somebody {what}",
        )


def finding_of(error: ErrorDetails) -> ConfigFinding:
    """The finding for one of pydantic's errors."""
    loc, missing = error["loc"], error["type"] == "missing"
    if error["type"] in _UNKNOWN:
        recipe_route = loc[0] == "routes" and str(loc[1]).startswith(DISTILLED_PREFIX)
        return _unknown_key(loc, _RECIPE_ROUTE if recipe_route else _DERIVED)
    if error["type"] == "value_error":  # the one rule that is not about a single field: a route leads to a model
        loc, missing = (*loc, "model"), True
    wrong = f"{loc[-1]!r} is missing" if missing else f"it is {error['input']!r}"
    fix = f"write {loc[-1]} = …" if missing else "write one of what is allowed"
    if loc[:1] in _TABLES and len(loc) == 1:
        fix = "write it as in environments/dev.toml"
    return ConfigFinding(where=_where(loc), wrong=wrong, allowed=_allowed(loc, error["msg"]), fix=fix)


def _unknown_key(loc: tuple[int | str, ...], derived: set[str]) -> ConfigFinding:
    owner, key = _owner(loc)
    known = owner.__annotations__.keys() - derived
    return ConfigFinding(
        where=_where(loc),
        wrong=f"{key!r} is not a setting",
        allowed=", ".join(sorted(known)),
        fix=f"remove it, or write the one that was meant (near it: {closest_matches(key, known)})",
    )


def _allowed(loc: tuple[int | str, ...], message: str) -> str:
    """The setting's description, or else pydantic's message."""
    owner, key = _owner(loc)
    if owner is Recipe and key in ("teacher", "student"):  # a dataclass, whose fields have no descriptions
        return "a model id of the catalog, such as 'amazon.nova-pro-v1:0'"
    field = owner.model_fields.get(key) if issubclass(owner, BaseModel) else None
    return (field and field.description) or message[:1].lower() + message[1:]


def _owner(loc: tuple[int | str, ...]) -> tuple[type, str]:
    """The type that the key at `loc` belongs to, and the key."""
    owner: type = Settings
    key, *rest = map(str, loc)
    path: tuple[str, ...] = (key,)
    if key in _NAMED:
        rest = [str(part) for part in loc[2:] if not isinstance(part, int)]  # a grader has an index
    while rest and path in _TABLES and _TABLES[path] is not dict:
        owner, key = _TABLES[path], rest.pop(0)
        path = (*path, key)
    return owner, key


def _tables(raw: Mapping[str, Any], heading: str) -> list[tuple[str, Mapping[str, Any]]]:
    tables = raw.get(heading)
    return [each for each in tables.items() if isinstance(each[1], Mapping)] if isinstance(tables, Mapping) else []


def _where(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
