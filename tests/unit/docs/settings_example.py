"""The annotated example, `environments/dev.toml`: every key of every table, and a recipe's keys from their types."""

import enum
import json
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from distillery.core.recipe import Recipe
from tests.unit.docs.settings_page import _inner, documented, sentence

FILE = Path(__file__).parents[3] / "environments" / "dev.toml"
HEADING = "[recipes.support]"
TABLES_OF_THEIR_OWN = {"business_hours", "canary", "curation", "expected_traffic", "logs"}
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "monthly_budget_usd": "125",
        "contenders": '["anthropic.claude-haiku-5-5"]',
        "unit_price_usd_per_hour": "20.00",
        "training_usd_per_million_tokens": "4.00",
        "split_group": '"passage"',
        "commitment": '"one-month"',
        "commitment_acknowledged": "2026-11-30",
        "tags": '{ team = "support" }',
        "deciders": '["assumed-role/support-leads/*", "user/ana"]',
    }
)
"""Values of keys that have no default, where the file does not set them."""
COLUMN, WIDTH = 36, 120
_KEY = re.compile(r"^(\w+) = (.*?)(?:\s+# .*)?$")


def annotated(text: str) -> str:
    """Returns the text with the keys of `[recipes.support]` written anew: their values, and what their types say."""
    before, _, rest = text.partition(f"{HEADING}\n")
    block, end, after = rest.partition("\n\n")
    given = {found[1]: found[2] for line in block.splitlines() if (found := _KEY.match(line))}
    assert given.keys() == tomllib.loads(block).keys()
    return f"{before}{HEADING}\n{chr(10).join(_lines(given))}{end}{after}"


def _lines(given: Mapping[str, str]) -> Iterator[str]:
    described, hints = documented(Recipe), get_type_hints(Recipe)
    for field in fields(Recipe):
        if field.name == "name" or field.name in TABLES_OF_THEIR_OWN:
            continue
        line = f"{field.name} = {given.get(field.name) or EXAMPLES.get(field.name) or _default(field)}"
        said = sentence(described[field.name]) + _values(_inner(hints[field.name]))
        yield from _with_comment(line if field.name in given else f"# {line}", said)


def _with_comment(line: str, said: str) -> Iterator[str]:
    first, *more = textwrap.wrap(said, WIDTH - COLUMN - 2, break_long_words=False, break_on_hyphens=False)
    if len(line) > COLUMN - 1:
        yield line
        line = ""
    yield f"{line:<{COLUMN}}# {first}"
    for each in more:
        yield f"{'':<{COLUMN}}# {each}"


def _values(kind: Any) -> str:
    if not isinstance(kind, type) or not issubclass(kind, enum.Enum):
        return ""
    said = documented(kind)
    if not said:
        return f" {' or '.join(json.dumps(one.value) for one in kind)}."
    return "".join(f' "{one.value}": {sentence(said[one.name])}' for one in kind)


def _default(field: Field[Any]) -> str:
    assert field.default is not MISSING
    value = field.default
    return json.dumps(value.value if isinstance(value, enum.Enum) else value, default=str)


def keys(text: str, heading: str) -> set[str]:
    """Returns the keys of a table of the example, also of one, or of keys, that are commented out."""
    lines = [re.sub(r"^# ?", "", line) for line in text.splitlines()]
    lines = [line.partition("#")[0].rstrip() if line.startswith("[") else line for line in lines]
    start = 0 if not heading else lines.index(heading) + 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    return {found[1] for line in lines[start:end] if (found := re.match(r"(\w+) = ", line))}
