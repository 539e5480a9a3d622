"""What became of an upload."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    STARTED = "started"
    SAME = "same"  # these prompts with this recipe have a run already, on the road or with a student
    REJECTED = "rejected"
    OVER_BUDGET = "over-budget"
    BUSY = "busy"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """run: the run's id, where there is one; report_uri: where a report was written."""

    status: Status
    run: str | None = None
    report_uri: str | None = None
    reason: str = ""
