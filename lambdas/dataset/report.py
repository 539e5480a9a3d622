"""What was found in an upload, for a person: JSON, beside the data set or, for a refused one, under `reports/`."""

from typing import Any

from lambdas.dataset.gather import Gathered
from lambdas.dataset.prepared import Prepared
from lambdas.shared.estimate import Estimate
from lambdas.shared.wire import to_wire


def report(
    status: str,
    *,
    recipe: str,
    reason: str = "",
    gathered: Gathered | None = None,
    prepared: Prepared | None = None,
    estimated: Estimate | None = None,
) -> dict[str, Any]:
    """As much as is known when it is written; prompts are never quoted, only counted."""
    known: dict[str, Any] = {"status": status, "recipe": recipe, "reason": reason}
    return known | _found(gathered) | _made(prepared) | _cost(estimated)


def _found(gathered: Gathered | None) -> dict[str, Any]:
    if gathered is None:
        return {}
    return {
        "sources": [{"uri": uri, "version": version} for uri, version in gathered.sources],
        "lines": gathered.lines,
        "duplicates": gathered.duplicates,
        "findings_total": gathered.findings.total,
        "findings": [
            {"file": finding.file, "line": finding.line, "reason": finding.reason}
            for finding in gathered.findings.first
        ],
    }


def _made(prepared: Prepared | None) -> dict[str, Any]:
    if prepared is None:
        return {}
    return {
        "digest": prepared.digest,
        "prompts": prepared.size.prompts,
        "heldout": prepared.size.heldout,
        "labelled": prepared.labelled,
        "duplicates": prepared.duplicates,
        "tokens": prepared.size.tokens,
    }


def _cost(estimated: Estimate | None) -> dict[str, Any]:
    if estimated is None:
        return {}
    return {
        "estimate": {
            "total_usd": str(estimated.total_usd),
            "prices_as_of": estimated.prices_as_of.isoformat(),
            "lines": [to_wire(line) for line in estimated.lines],
        }
    }
