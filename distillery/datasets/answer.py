"""What became of an upload."""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.errors import OverBudget, Refused, RunActive


class Status(StrEnum):
    STARTED = "started"
    SAME = "same"  # these prompts with this recipe have a run already, on the road or with a student
    AWAITING = "awaiting-approval"  # above the budget, of a recipe whose runs may be approved
    REJECTED = "rejected"
    OVER_BUDGET = "over-budget"
    BUSY = "busy"
    IGNORED = "ignored"


ACCEPTED = "accepted"
"""In the report of a data set that nothing is wrong with, whatever becomes of its run."""

_REFUSED: dict[type[Refused], Status] = {OverBudget: Status.OVER_BUDGET, RunActive: Status.BUSY}


def status_of(refused: Refused) -> Status:
    """What an upload has become that was refused so."""
    return _REFUSED.get(type(refused), Status.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """run: the run's id, where there is one; report_uri: where a report was written."""

    status: Status
    run: str | None = None
    report_uri: str | None = None
    reason: str = ""
