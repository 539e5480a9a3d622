"""The files of a batch inference job: JSON lines in, and for each file one of the same name with `.out` (User Guide).

Sources: batch-inference-data, batch-inference-results; quotas in `catalog.job_limits`. Others observed that output is
under the job's ID. Invalid records, too few or too many, and files that are too large are refused before any inference.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_simulator import json_text
from bedrock_simulator.catalog import job_limits
from bedrock_simulator.models import text
from bedrock_simulator.models.storage import Bucket, JobInputError

Params = dict[str, Any]
_GENERATED = 11  # characters of a generated record ID


@dataclass(frozen=True, slots=True)
class Record:
    """One line of input."""

    id: str
    input: Params


@dataclass(frozen=True, slots=True)
class File:
    """One file of input; `name` is its path under the job's input location."""

    name: str
    records: Sequence[Record]


def read(bucket: Bucket, uri: str) -> list[File]:
    """Reads every JSONL file at the location, or the one that it names. Raises JobInputError."""
    if uri.endswith(".jsonl"):
        named = {uri.rsplit("/", 1)[1]: uri}
    else:
        folder = f"{uri.rstrip('/')}/"
        named = {each.removeprefix(folder): each for each in bucket.list(folder) if each.endswith(".jsonl")}
    if not named:
        raise JobInputError(f"There is no .jsonl file in {uri}.")
    bodies = {name: bucket.read(each) for name, each in named.items()}
    _sizes({name: len(body) for name, body in bodies.items()})
    files = [File(name, _records(name, body)) for name, body in bodies.items()]
    total = sum(len(file.records) for file in files)
    if not job_limits.MIN_RECORDS <= total <= job_limits.MAX_RECORDS:
        raise JobInputError(
            f"The input has {total} records; a batch inference job takes {job_limits.MIN_RECORDS} to "
            f"{job_limits.MAX_RECORDS}."
        )
    return files


def _sizes(sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        if size > job_limits.MAX_FILE_BYTES:
            raise JobInputError(f"The file {name} has {size} bytes; at most {job_limits.MAX_FILE_BYTES} are allowed.")
    if sum(sizes.values()) > job_limits.MAX_JOB_BYTES:
        raise JobInputError(
            f"The files have {sum(sizes.values())} bytes; at most {job_limits.MAX_JOB_BYTES} are allowed."
        )


def _records(name: str, body: bytes) -> list[Record]:
    found = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            row = json_text.parse(line)
        except ValueError:
            raise JobInputError(f"Line {number} of {name} is not JSON.") from None
        if not isinstance(row, dict) or not isinstance(row.get("modelInput"), dict):
            raise JobInputError(f"Line {number} of {name} must have a modelInput, a JSON object.")
        if not isinstance(row.get("recordId", ""), str):
            raise JobInputError(f"The recordId of line {number} of {name} must be a string.")
        generated = f"{int(text.fraction(name, str(number)) * 36**8):X}".zfill(_GENERATED)[:_GENERATED]
        found.append(Record(row.get("recordId", generated), row["modelInput"]))
    return found


def lines(rows: Sequence[Params]) -> str:
    """Returns the body of an output file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
