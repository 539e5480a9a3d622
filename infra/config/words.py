"""What the typed shape objects to, in the words of somebody who edits a TOML file."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from infra.config.finding import Finding, near
from infra.config.route import Route
from infra.config.settings import LifecycleAcknowledgement, Settings
from lambdas.shared.recipe import Recipe

# What follows from the rest, so that nobody writes it.
_DERIVED = {"environment", "name", "profile", "destinations", "recipe"}
_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset(Settings.model_fields.keys() - _DERIVED),
    "recipes": frozenset({known.name for known in fields(Recipe)} - _DERIVED),
    "routes": frozenset(Route.model_fields.keys() - _DERIVED),
    "acknowledged": frozenset(LifecycleAcknowledgement.model_fields),
}
_SHAPES: Mapping[str, type[BaseModel]] = {"routes": Route, "acknowledged": LifecycleAcknowledgement}
_TABLES = {"recipes": dict, "routes": dict, "acknowledged": list, "cost_tags": dict}


def misspelt(said: Mapping[str, Any]) -> Iterable[Finding]:
    """Keys that no setting has, with the ones they may have meant."""
    yield from _misspelt("", said)
    for heading in ("recipes", "routes"):
        tables = said.get(heading)
        for name, table in tables.items() if isinstance(tables, Mapping) else ():
            yield from _misspelt(f"{heading}.{name}", table)
    listed = said.get("acknowledged")
    for index, table in enumerate(listed if isinstance(listed, list) else ()):
        yield from _misspelt(f"acknowledged[{index}]", table)


def _misspelt(where: str, table: Any) -> Iterable[Finding]:
    known = _KEYS[where.partition(".")[0].partition("[")[0]]
    for key in table if isinstance(table, Mapping) else ():
        if key not in known:
            yield Finding(
                where=f"{where}.{key}".removeprefix("."),
                wrong=f"{key!r} is not a setting",
                allowed=", ".join(sorted(known)),
                fix=f"remove it, or write the one that was meant (near it: {near(key, known)})",
            )


def misshapen(said: Mapping[str, Any]) -> Iterable[Finding]:
    """Tables that are something else."""
    for heading, kind in _TABLES.items():
        if heading in said and not isinstance(said[heading], kind):
            form = (
                f"[[{heading}]]"
                if kind is list
                else f"[{heading}]"
                if heading == "cost_tags"
                else f"[{heading}.<name>]"
            )
            yield Finding(
                where=heading,
                wrong=f"it is {said[heading]!r}",
                allowed=f"tables headed {form}",
                fix="write it as in environments/dev.toml",
            )


def objection(error: ErrorDetails) -> Finding:
    """One of pydantic's errors."""
    where, allowed = _where(error["loc"]), _allowed(error["loc"], error)
    if error["type"] == "missing" or error["type"] == "value_error":
        missing = error["loc"][-1] if error["type"] == "missing" else "model"
        return Finding(where=where, wrong=f"{missing!r} is missing", allowed=allowed, fix=f"write {missing} = …")
    wrong = f"it is {error['input']!r}"
    return Finding(where=where, wrong=wrong, allowed=allowed, fix="write one of what is allowed")


def _where(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _allowed(loc: tuple[int | str, ...], error: ErrorDetails) -> str:
    """The setting's own description, or what pydantic wanted."""
    heading = str(loc[0])
    inside = heading in _KEYS and len(loc) > 2
    shape = _SHAPES.get(heading) if inside else Settings
    name = "model" if error["type"] == "value_error" else str(loc[2] if inside else heading)
    described = shape.model_fields[name].description if shape and name in shape.model_fields else None
    return described or error["msg"][:1].lower() + error["msg"][1:]
