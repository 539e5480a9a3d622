"""The payload of an envelope: an in-toto Statement, version 1, whose predicate is the record of a run.

Source: spec/v1/statement.md and resource_descriptor.md of https://github.com/in-toto/attestation.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.errors import BadRequest, RecordRefused
from distillery.core.serialization import from_wire, to_wire
from distillery.records.envelope import IN_TOTO
from distillery.records.record import PromotionRecord
from distillery.records.refusal import Refusal, refused
from distillery.records.strict_json import NotStrict, read_object

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:distillery:run-record:v1"
"""A record with other fields has another number."""
TRAINING, HELDOUT, REPORT, JOB_REQUEST = "training-prompts", "held-out-prompts", "report", "job-request"
"""The names of the subjects."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A record and the SHA-256 of the artefacts that it is about, by their names."""

    record: PromotionRecord
    subjects: Mapping[str, str]


def write(statement: Statement) -> bytes:
    """The bytes to be signed. The same statement always has the same."""
    subjects = [{"name": name, "digest": {"sha256": found}} for name, found in sorted(statement.subjects.items())]
    body = {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": to_wire(statement.record),
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read(payload_type: str, payload: bytes) -> Statement:
    """The statement in a payload whose signature was verified.

    Raises:
        RecordRefused: It is no statement about a run, or not of this version.
    """
    if payload_type != IN_TOTO:
        raise _unreadable("payload is of another type")
    try:
        found = read_object(payload)
    except NotStrict as error:
        raise _unreadable(f"payload is not a statement: {error}") from error
    if found.get("_type") != STATEMENT or found.get("predicateType") != PREDICATE:
        raise _unreadable(f"payload is not a {STATEMENT} with a {PREDICATE}")
    try:
        record = from_wire(PromotionRecord, found.get("predicate"))
    except BadRequest as error:
        raise _unreadable(f"predicate does not fit: {error}") from error
    if record.training.digest != record.training_digest:
        raise _unreadable("training digest is not that of its data set and job request")
    return Statement(record=record, subjects=_subjects(found.get("subject")))


def _subjects(listed: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else ():
        match one:
            case {"name": str(name), "digest": {"sha256": str(sha256)}} if _SHA256.fullmatch(sha256):
                found[name] = sha256
            case _:
                raise _unreadable("subjects are not artefacts with a name and a SHA-256")
    if not found or len(found) != len(listed):
        raise _unreadable("subjects are missing, or two have one name")
    return found


def _unreadable(what: str) -> RecordRefused:
    return refused(
        Refusal.UNREADABLE, f"the record's {what}; pass on a record that this version of distillery can read, unchanged"
    )
