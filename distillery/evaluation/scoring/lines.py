"""Stored scores as lines of JSON: `{"key": …, "score": "1/3", "reason": …, "parts": {…}}`, or `{"key": …, "missing":
"why"}` for an answer that is unscored."""

import json
from collections.abc import Mapping
from fractions import Fraction

from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.stored import Scores


def write(scores: Scores) -> bytes:
    """The lines, in the order of the keys."""
    lines = (json.dumps(_record(key, scores[key]), ensure_ascii=False) for key in sorted(scores))
    return "".join(f"{line}\n" for line in lines).encode()


def read(body: bytes) -> dict[str, Grade | str]:
    """The scores of lines that `write` wrote."""
    records = (json.loads(line) for line in body.decode().split("\n") if line)
    return {str(record["key"]): _score(record) for record in records}


def _record(key: str, found: Grade | str) -> Mapping[str, object]:
    if isinstance(found, str):
        return {"key": key, "missing": found}
    parts = {name: str(score) for name, score in found.parts.items()}
    return {"key": key, "score": str(found.score), "reason": found.reason, "parts": parts}


def _score(record: Mapping[str, object]) -> Grade | str:
    if "missing" in record:
        return str(record["missing"])
    parts = record.get("parts", {})
    assert isinstance(parts, dict)  # as `write` wrote it
    return Grade(
        score=Fraction(str(record["score"])),
        reason=str(record.get("reason", "")),
        parts={name: Fraction(str(score)) for name, score in parts.items()},
    )
