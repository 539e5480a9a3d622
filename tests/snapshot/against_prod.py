"""Differences between an environment and prod: compares the synthesized templates resource by resource.

Names that contain the environment, its account or its two Regions always differ, so they are compared as
`<environment>`, `<account>`, `<home>` and `<inference>`. CloudFormation cuts the names of stacks off in those of their
resources, at a length that depends on the environment's name: patterns for them are compared as if they were whole.
Resources of one type with the same difference share an entry.
"""

import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from distillery.core.names import Names
from distillery.core.stack_drift import PARTS
from distillery.settings import Settings
from tests.policy.templates import EnvironmentTemplates
from tests.snapshot.compact import WIDTH, common_tags, readable, text

_HASHED_ID = re.compile(r"(distillery<environment>[A-Za-z]+?)(?:[0-9A-F]{8}){1,2}$")
"""CDK's id of a permission: the path, which contains the stack's name, and a hash of that path."""

Parts = dict[tuple[str, str, str], list[str]]
"""(stack, type, logical id) → lines. For what is not a resource, the type is the section's name, such as "Outputs"."""


def parts(templates: EnvironmentTemplates, settings: Settings) -> Parts:
    """Returns every resource and section of all templates, with the environment's own names replaced."""
    tags, found = common_tags(templates), Parts()
    for stack in templates.stacks:
        template = _renamed(readable(stack.template, tags), _own_names(settings))
        for ident, resource in template.pop("Resources").items():
            kind = resource.pop("Type")
            found[stack.part, kind, ident] = text(resource).splitlines()
        for section, content in template.items():
            found[stack.part, section, ""] = text(content).splitlines()
    return found


def difference(of: Parts, prod: Parts) -> str:
    """Yields one entry per difference, each with the resources that have it."""
    entries: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for key in sorted(of.keys() | prod.keys()):
        stack, kind, ident = key
        changes = tuple(_changes(of.get(key), prod.get(key)))
        if changes:
            entries.setdefault((kind, changes), []).append(f"{stack}/{ident}".removesuffix("/"))
    return "\n".join(line for entry in entries.items() for line in _entry(*entry))


def _changes(of: list[str] | None, prod: list[str] | None) -> Iterator[str]:
    if of is None:
        yield "only in prod"
        return
    if prod is None:
        yield from ("not in prod", *of)
        return
    for line in difflib.ndiff(prod, of):
        if line[0] in "+-":
            yield f"{line[0]} {line[2:].strip()}"


def _entry(what: tuple[str, tuple[str, ...]], where: list[str]) -> Iterator[str]:
    kind, changes = what
    yield from textwrap.wrap(f"{kind}: {', '.join(where)}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    yield from changes
    yield ""


def _renamed(value: Any, names: Iterable[tuple[re.Pattern[str], str]]) -> Any:
    match value:
        case str():
            for pattern, name in names:
                value = pattern.sub(name, value)
            return value
        case dict():
            return {_renamed(key, names): _renamed(each, names) for key, each in value.items()}
        case list():
            return [_renamed(each, names) for each in value]
    return value


def _cut_off(environment: str) -> dict[str, str]:
    """What the names of a stack's resources begin with → the stack's name."""
    names = Names(environment)
    return {names.resource_prefix(part): names.stack(part) for part in sorted(PARTS, reverse=True)}


def _own_names(settings: Settings) -> list[tuple[re.Pattern[str], str]]:
    """Replaces names in this order: an id is recognized by the environment in it."""
    account, environment = settings.account or "<AWS::AccountId>", settings.environment
    return [
        (re.compile(re.escape(account)), "<account>"),
        (re.compile(settings.home_region), "<home>"),
        (re.compile(settings.inference_region), "<inference>"),
        *((re.compile(rf"{re.escape(cut)}\*"), f"{whole}*") for cut, whole in _cut_off(environment).items()),
        (re.compile(rf"(?<![A-Za-z]){environment}(?![A-Za-z])|(?<=distillery){environment}"), "<environment>"),
        (_HASHED_ID, r"\1"),
    ]
