"""Reading an evaluation's prompt dataset.

User Guide, "Create a prompt dataset for a model evaluation job that uses a model as judge": a prompt, optionally a
reference and a category, and for given answers exactly one response whose identifier is the same throughout. Quotas:
1,000 prompts of 4 KB. That the identifier must be the request's own is how AWS's samples have it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.catalog import judges
from bedrock_simulator.models.storage import Rejected


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `record` is what the output repeats of it; `response` was given."""

    prompt: str
    reference: str | None
    record: Mapping[str, Any]
    response: str | None = None


def read(body: bytes, name: str, source: str | None) -> list[Row]:
    """The rows in order; Rejected names the first line at fault. `source` is the identifier of given answers."""
    rows = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            rows.append(_row(line, source))
        except Rejected as why:
            raise Rejected(f"Line {number} of the dataset {name} is invalid: {why}") from None
    if not 0 < len(rows) <= judges.MOST_PROMPTS:
        raise Rejected(f"The dataset {name} has {len(rows)} prompts; it may have 1 to {judges.MOST_PROMPTS}.")
    return rows


def _row(line: bytes, source: str | None) -> Row:
    try:
        record = json.loads(line)
    except ValueError:
        raise Rejected("it is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("prompt"), str) or not record["prompt"].strip():
        raise Rejected("it must have a prompt, a text.")
    if len(record["prompt"].encode()) > judges.MOST_PROMPT_BYTES:
        raise Rejected(f"its prompt has over {judges.MOST_PROMPT_BYTES} bytes.")
    for optional in ("referenceResponse", "category"):
        if not isinstance(record.get(optional, ""), str):
            raise Rejected(f"{optional} must be a text.")
    kept = {key: record[key] for key in ("prompt", "referenceResponse", "category") if key in record}
    response = _given(record, source) if source is not None else None
    return Row(record["prompt"], record.get("referenceResponse"), kept, response)


def _given(record: dict[str, Any], source: str) -> str:
    given = record.get("modelResponses")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise Rejected("it must have exactly one of modelResponses.")
    if given[0].get("modelIdentifier") != source:
        raise Rejected(f"its modelIdentifier must be {source}, as the request's.")
    if not isinstance(given[0].get("response"), str):
        raise Rejected("its response must be a text.")
    return str(given[0]["response"])
