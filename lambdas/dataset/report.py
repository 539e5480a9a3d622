"""What was found in an upload, for a person: JSON, beside the data set or, for a refused one, under `reports/`."""

from dataclasses import dataclass
from typing import Any

from lambdas.dataset.gather import Gathered
from lambdas.dataset.prepared import Prepared
from lambdas.shared.estimate import Estimate
from lambdas.shared.wire import to_wire


@dataclass(slots=True)
class Progress:
    """How far an upload came: what its report can tell."""

    recipe: str
    gathered: Gathered | None = None
    prepared: Prepared | None = None
    estimated: Estimate | None = None


def report(status: str, progress: Progress, reason: str = "") -> dict[str, Any]:
    """As much as is known when it is written; prompts are never quoted, only counted."""
    known: dict[str, Any] = {"status": status, "recipe": progress.recipe, "reason": reason}
    return known | _found(progress.gathered) | _made(progress.prepared) | _cost(progress.estimated)


def _found(gathered: Gathered | None) -> dict[str, Any]:
    if gathered is None:
        return {}
    return {
        "sources": [{"uri": uri, "version": version} for uri, version in gathered.sources],
        "lines": gathered.lines,
        "duplicates": gathered.duplicates,
        "findings_total": gathered.findings.total,
        "findings": [to_wire(finding) for finding in gathered.findings.first],
    }


def _made(prepared: Prepared | None) -> dict[str, Any]:
    if prepared is None:
        return {}
    return {
        "digest": prepared.digest,
        **to_wire(prepared.size),
        "labelled": prepared.labelled,
        "duplicates": prepared.duplicates,
    }


def _cost(estimated: Estimate | None) -> dict[str, Any]:
    if estimated is None:
        return {}
    dated = to_wire(estimated) | {"prices_as_of": estimated.prices_as_of.isoformat()}
    return {"estimate": dated}
