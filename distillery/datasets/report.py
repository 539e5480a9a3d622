"""What was found in an upload, for a person and for programs: JSON, beside the data set or under `reports/`."""

from typing import Any

from distillery.core.estimate import Estimate
from distillery.core.serialization import to_wire
from distillery.datasets.examine import Progress
from distillery.datasets.prepared import Prepared
from distillery.datasets.validation.summary import summary


def report(status: str, progress: Progress, reason: str = "") -> dict[str, Any]:
    """As much as is known when it is written; prompts are never quoted, only counted."""
    known: dict[str, Any] = {"status": status, "recipe": progress.recipe, "reason": reason}
    found = summary(progress.reading) if progress.reading else {}
    return known | found | _made(progress.prepared) | _cost(progress.estimated)


def _made(prepared: Prepared | None) -> dict[str, Any]:
    if prepared is None:
        return {}
    return {
        "dataset": {
            "digest": prepared.digest,
            **to_wire(prepared.size),
            "labelled": prepared.labelled,
            "duplicates": prepared.duplicates,
            "curation": prepared.curation,
        }
    }


def _cost(estimated: Estimate | None) -> dict[str, Any]:
    if estimated is None:
        return {}
    dated = to_wire(estimated) | {"prices_as_of": estimated.prices_as_of.isoformat()}
    return {"estimate": dated}
