"""The table of how environments differ, generated from their files: one column each, so that a review sees them side by
side."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from distillery.settings import Settings
from tests.unit.stacks.assembly import DAYS, settings_of

FOLDER = Path(__file__).parents[3] / "environments"
COMPARED = ("staging", "prod")
"""The environments that a change passes last. What differs between them, nothing has tested before it is in use."""
HEAD = """# How environments differ

<!-- Generated from the code: `UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes this page. -->

One commit is deployed to every environment; only the files in `environments/` differ. The tables list every key that
one of the files sets, with the value in use, which may be a default. “–” means that the environment has no such key or
table: the [settings reference](settings.md) says what then applies, and explains the keys.
[Promoting infrastructure](../promotion-infrastructure.md) describes the way of a commit through the environments.

"""
KeyPath = tuple[str, ...]


def page() -> str:
    """Returns the page about the environments of this repository."""
    settings = {name: settings_of(name) for name in DAYS}
    return HEAD + tables({name: written(name) for name in DAYS}, {name: values(one) for name, one in settings.items()})


def written(environment: str) -> set[KeyPath]:
    """Returns the keys that an environment's file sets, each with the tables that it is in."""
    return {key for key, _ in leaves(tomllib.loads((FOLDER / f"{environment}.toml").read_text(encoding="utf-8")))}


def values(settings: Settings) -> dict[KeyPath, Any]:
    """Returns the values in use by key. Models that are acknowledged are listed by their ids."""
    found = settings.model_dump(mode="json")
    found["acknowledged"] = [one["model"] for one in found["acknowledged"]]
    return {key: value for key, value in leaves(found) if value is not None}


def leaves(table: Mapping[str, Any], of: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yields (key, value) of a table and of the tables in it."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*of, key))
        else:
            yield (*of, key), value


def tables(written_keys: Mapping[str, set[KeyPath]], in_use: Mapping[str, Mapping[KeyPath, Any]]) -> str:
    """Returns three tables: what differs between staging and prod, only elsewhere, and nowhere."""
    rows = [
        (key, [in_use[name].get(key) for name in in_use])
        for key in dict.fromkeys(key for name in in_use for key in in_use[name])
        if any(key in keys for keys in written_keys.values())
    ]
    last = [list(in_use).index(name) for name in COMPARED]
    differing = [row for row in rows if row[1][last[0]] != row[1][last[1]]]
    equal = [row for row in rows if all(value == row[1][0] for value in row[1])]
    elsewhere = [row for row in rows if row not in differing and row not in equal]
    titles = (
        ("Between staging and prod", differing),
        ("Between these two and the others", elsewhere),
        ("Equal everywhere", equal),
    )
    return "\n".join(f"## {title}\n\n{_table(list(in_use), part)}" for title, part in titles)


def _table(names: Sequence[str], rows: Sequence[tuple[KeyPath, Sequence[Any]]]) -> str:
    lines = [["key", *names], ["---"] * (len(names) + 1)]
    lines += [[f"`{'.'.join(key)}`", *map(_cell, found)] for key, found in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: Any) -> str:
    if value in (None, [], {}, ""):
        return "–"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    shown = value if isinstance(value, str | date) else json.dumps(value, ensure_ascii=False)
    return f"`{shown}`".replace("|", "\\|")
