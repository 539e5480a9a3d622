"""Reads a table from an answer: JSON rows, a Markdown table, or lines separated by comma, semicolon or tab."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distillery.evaluation.graders.text import normalised

CELLS_MAX, COLUMNS_MAX, CHARACTERS_MAX = 20_000, 100, 200_000
_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_RULE = re.compile(r"[\s|:–—-]+")
_EDGE = re.compile(r"[^\w%$€£]+")


class NoTable(ValueError):
    """A text that is not a table. The message says why."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the names of its columns, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_grid(text: str) -> Grid:
    """The one table of a text. Raises NoTable."""
    if len(text) > CHARACTERS_MAX:
        raise NoTable(f"it has {len(text):,} characters, and at most {CHARACTERS_MAX:,} are read")
    fences = _FENCE.findall(text) if text.count("```") <= 20 else []
    if len(fences) > 1:
        raise NoTable("it has several code blocks")
    body = (fences[0] if fences else text).strip("\n\r ﻿")
    if not body.strip():
        raise NoTable("it is empty")
    lines = body.splitlines()
    if body.lstrip()[0] in "[{":
        return _grid(*_of_json(body))
    piped = [line.strip() for line in lines if line.count("|") - line.count("\\|") >= 1]
    if len(piped) > 1 and any(_RULE.fullmatch(line) and "-" in line for line in piped[1:2]):
        return _grid(*_of_markdown(piped))
    return _grid(*_of_csv(body, lines[0]))


def column_name(text: str) -> str:
    """A column's name without differences in letter case, spaces and punctuation: `net_sales` is `Net sales`."""
    return " ".join(_EDGE.sub(" ", normalised(text).replace("_", " ")).split()) or normalised(text)


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    names = [column_name(column) for column in columns]
    if len(set(names)) < len(names):
        raise NoTable("two of its columns have the same name")
    if len(names) > COLUMNS_MAX or len(names) * len(rows) > CELLS_MAX:
        raise NoTable(f"it has more than {COLUMNS_MAX} columns or {CELLS_MAX:,} cells")
    for number, row in enumerate(rows, 1):
        if len(row) > len(names):
            raise NoTable(f"row {number} has {len(row)} cells, and there are {len(names)} columns")
    filled = (tuple(cell.strip() for cell in row) + ("",) * (len(names) - len(row)) for row in rows)
    return Grid(tuple(names), tuple(row for row in filled if any(row)))


def _of_json(text: str) -> tuple[list[str], list[list[str]]]:
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise NoTable(f"it is not JSON ({error})" if isinstance(error, NoTable) else "it is not JSON") from None
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = lists[0] if len(data) == len(lists) == 1 else [data]
    if not data or not all(isinstance(row, dict) for row in data):
        raise NoTable("its JSON is not a list of objects")
    columns = list(dict.fromkeys(key for row in data for key in row))
    if len(columns) > COLUMNS_MAX or len(columns) * len(data) > CELLS_MAX:
        raise NoTable(f"it has more than {COLUMNS_MAX} columns or {CELLS_MAX:,} cells")
    return columns, [[_cell(row.get(column)) for column in columns] for row in data]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise NoTable("an object has a key twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise NoTable(f"{name} is no number")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _of_markdown(lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    header, _, *rows = ([cell.replace("\\|", "|").strip(" *") for cell in _cells(line)] for line in lines)
    return header, rows


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return re.split(r"(?<!\\)\|", inner)


def _of_csv(text: str, header: str) -> tuple[list[str], list[list[str]]]:
    delimiter = max("\t;|,", key=header.count)
    csv_rows = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    try:
        rows = [row for row in csv_rows if row]
    except csv.Error:
        raise NoTable("it is neither JSON rows, nor a Markdown table, nor CSV") from None
    if len(rows) < 2:
        raise NoTable("it has no row below a header")
    return rows[0], rows[1:]
