"""A person's request to stop a run, as the run's item keeps it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecord:
    """A person's request to stop a run.

    Attributes:
        execution: What was to be stopped: the run's own execution, or a later evaluation.
        at: ISO 8601.
        by: The person's ARN.
        spent_usd: What the run had cost by then, at most; None if a price is not known.
        spent: What that consists of, in sentences.
    """

    execution: str
    at: str
    by: str
    reason: str
    spent_usd: Decimal | None = None
    spent: tuple[str, ...] = ()
