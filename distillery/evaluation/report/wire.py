"""Reads and writes `report.json`.

Format 2 keeps every key of format 1, which had no `format`: other programs read them. A format names the keys that may
appear, so each new key needs a new number.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.judging import VerdictOutcome
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.contestants import BASE, STUDENT, TEACHER
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.rows import ContestantRow

FORMAT = 2
_SCORES = (TEACHER, BASE, STUDENT)
_DERIVED = ("schema", "format", "grader", "passed", "prices", *_SCORES)
"""Keys of format 1 that a document does not hold but derives, and the one that `report --json` adds."""


def write(document: Document) -> dict[str, Any]:
    """The content of `report.json`."""
    data: dict[str, Any] = to_wire(document)
    scores = {one.role: _score(one) for one in document.contestants if one.role in _SCORES}
    prices = {one.role: to_wire(one.price) for one in document.contestants if one.price}
    data["bars"] = [to_wire(bar) | {"passed": bar.passed} for bar in document.bars]
    data["prompts"] = [_prompt(row) for row in data["prompts"]]
    grader = document.method.graders[0].kind if document.method.graders else ""
    passed = document.outcome is VerdictOutcome.PASSED
    return {"format": FORMAT, **data, **scores, "grader": grader, "passed": passed, "prices": prices}


def read(data: Any) -> Document:
    """The document in the content of a `report.json`, of this format or of an earlier one.

    Raises:
        BadRequest: It is not a report, or has a later format.
    """
    if not isinstance(data, dict):
        raise BadRequest(f"a report is a JSON object, not {quoted(type(data).__name__)}; give the address of a report")
    number = data.get("format", 1)
    reader = _READERS.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if reader is None:
        raise BadRequest(
            f"the report has format {quoted(number)}; this version reads {sorted(_READERS)}; install a newer distillery"
        )
    return reader(data)


def parse(text: str | bytes) -> Document:
    """The document in the text of a `report.json`.

    Raises:
        BadRequest: It is not JSON, it contains NaN or infinity, or it is not a report.
    """
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the report is not JSON ({quoted(str(error))}); judge the run again") from error
    return read(data)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _score(one: ContestantRow) -> dict[str, Any]:
    return {
        "model": one.model,
        "value": one.value or 0.0,
        "latency_ms": one.latency_ms or 0,
        "usd": None if one.usd is None else str(one.usd),
    }


def _prompt(row: dict[str, Any]) -> dict[str, Any]:
    """A prompt with the keys of format 1: `grades`, and `system` only where there is one."""
    grades = {role: one["score"] for role, one in row["answers"].items() if one["score"] is not None}
    return {key: value for key, value in row.items() if key != "system" or value} | {"grades": grades}


def _format_2(data: Mapping[str, Any]) -> Document:
    kept = {key: value for key, value in data.items() if key not in _DERIVED}
    kept["bars"] = _without(kept.get("bars"), "passed")
    kept["prompts"] = _without(kept.get("prompts"), "grades")
    return from_wire(Document, kept)


def _without(rows: Any, key: str) -> Any:
    if not isinstance(rows, list):
        return rows  # from_wire names the key and what is needed
    return [{k: v for k, v in row.items() if k != key} if isinstance(row, dict) else row for row in rows]


def _format_1(data: Mapping[str, Any]) -> Document:
    from distillery.evaluation.report.first_format import read_first

    return read_first(data)


_READERS: Mapping[int, Callable[[Mapping[str, Any]], Document]] = {1: _format_1, FORMAT: _format_2}
