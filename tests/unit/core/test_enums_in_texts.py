"""No text shows the representation of an enumeration, such as `<State.FAILED: 'failed'>`."""

import ast
import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import distillery
import lambdas

ROOT = Path(__file__).parents[3]


def modules() -> Iterator[ModuleType]:
    for package in (distillery, lambdas):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def is_enum(hint: Any) -> bool:
    return (isinstance(hint, type) and issubclass(hint, Enum)) or any(map(is_enum, get_args(hint)))


def enum_fields() -> set[str]:
    """Returns the names of all attributes that are enumerations."""
    names = set()
    for module in modules():
        for kind in vars(module).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                names |= {name for name, hint in _hints(kind).items() if is_enum(hint)}
    return names


def _hints(kind: type) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except NameError:  # a type that is imported for type checkers only
        return {}


def quoted_attributes(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line and the name of each `{….name!r}` in a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
            value = node.value
            if isinstance(value, ast.Attribute):
                yield node.lineno, value.attr


def test_a_representation_would_be_found() -> None:
    assert {"state", "outcome", "mode", "hosting"} <= enum_fields()
    assert list(quoted_attributes('f"is {self.state!r}, {name!r}, {self.outcome}"')) == [(1, "state")]


def test_no_text_shows_the_representation_of_an_enumeration() -> None:
    fields = enum_fields()
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for folder in ("distillery", "lambdas", "infra", "stacks", "local")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, name in quoted_attributes(path.read_text(encoding="utf-8"))
        if name in fields
    ]
    assert found == []
