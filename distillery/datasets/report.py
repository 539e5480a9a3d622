"""Reports on uploads: what validation found, what the data set contains, what its run would cost, and the bad lines.

The JSON keys of reports are a contract. Reports never quote prompts; `quarantine.jsonl` contains the bad lines
themselves.
"""

import base64
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from distillery.core.errors import OverBudget, Refused, RunActive
from distillery.core.serialization import to_wire
from distillery.core.tokens import tokens_of
from distillery.datasets.validation.reading import BadLine, DatasetReader

if TYPE_CHECKING:
    from distillery.core.estimate import Estimate
    from distillery.datasets.examine import Examination, PreparedDataset

QUARANTINE = "quarantine.jsonl"


class UploadStatus(StrEnum):
    ACCEPTED = "accepted"  # only in reports: the data set is valid, whatever happens to its run
    STARTED = "started"
    SAME = "same"  # a run with these prompts and this recipe exists, in progress or finished
    AWAITING = "awaiting-approval"  # over budget, and the recipe's runs can be approved
    REJECTED = "rejected"
    OVER_BUDGET = "over-budget"
    BUSY = "busy"
    IGNORED = "ignored"

    @classmethod
    def of(cls, refused: Refused) -> "UploadStatus":
        """Returns the status of an upload that was refused with this error."""
        return {OverBudget: cls.OVER_BUDGET, RunActive: cls.BUSY}.get(type(refused), cls.REJECTED)


def upload_report(status: UploadStatus, examination: "Examination", reason: str = "") -> dict[str, Any]:
    """Builds the report, with the sections whose steps were completed."""
    prepared, estimated = examination.prepared, examination.estimate
    report: dict[str, Any] = {"status": status.value, "recipe": examination.recipe, "reason": reason}
    if examination.reader is not None:
        report |= validation_report(examination.reader)
    if examination.curation is not None:
        report["dataset"] = _dataset(prepared) | {"curation": examination.curation}
    if examination.evaluation is not None:
        report["evaluation"] = examination.evaluation
    return report if estimated is None else report | {"estimate": estimate_report(estimated)}


def _dataset(prepared: "PreparedDataset | None") -> dict[str, Any]:
    """What the data set contains; empty if it was refused after curation, which may be the reason."""
    if prepared is None:
        return {}
    described, different = prepared.system.described, prepared.system.different
    system = {"use": described.use.value, "sha256": described.sha256, "bytes": described.bytes, "different": different}
    counted = {"labelled": prepared.labelled, "duplicates": prepared.duplicates, "system": system}
    return {"digest": prepared.digest, **to_wire(prepared.size), **counted}


def estimate_report(estimated: "Estimate") -> dict[str, Any]:
    """The estimate, with the date of its prices."""
    return {**to_wire(estimated), "prices_as_of": estimated.prices_as_of.isoformat()}


def validation_report(reader: DatasetReader) -> dict[str, Any]:
    """Counts, and findings by rule, errors first. `tokens` estimates the prompts' tokens: about, and at most one per
    byte."""
    counts = reader.counts
    return {
        "sources": [{"uri": uri, "version": version} for uri, version in reader.sources],
        "lines": counts.lines,
        "bytes": counts.bytes,
        "prompts": counts.prompts,
        "different": reader.prompts.distinct,
        "with_reference": counts.labelled,
        "bad_lines": counts.bad,
        "duplicates": counts.repeated,
        "tokens": {"about": tokens_of(counts.token_weight), "at_most": counts.bytes},
        "errors": reader.findings.errors,
        "warnings": reader.findings.warnings,
        "findings": [group.to_json() for group in reader.findings],
    }


def quarantine_file(lines: Iterable[BadLine]) -> bytes:
    """Formats bad lines as JSON lines, in the order of the input.

    It contains prompts, so it is stored where prompts are stored. `jq -r .text quarantine.jsonl` restores the lines.
    """
    return b"".join(json.dumps(_bad_line(line), ensure_ascii=False).encode() + b"\n" for line in lines)


def _bad_line(bad: BadLine) -> dict[str, Any]:
    problems = [{"code": p.rule.code, "path": p.path, "wrong": p.wrong, "fix": p.rule.fix} for p in bad.problems]
    return {"file": bad.location.file, "line": bad.location.line, "problems": problems} | _content(bad.line)


def _content(line: bytes) -> dict[str, str]:
    """`text`, or `base64` for bytes that are not UTF-8. A line that is too long is truncated."""
    try:
        return {"text": line.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(line).decode()}
