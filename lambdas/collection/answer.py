"""What became of a collection."""

from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    COLLECTED = "collected"  # the prompts lie in the home Region, where a run begins by itself
    QUERYING = "querying"  # Athena is at work; what it finds is delivered when it ends
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """calls: that the recipe's filter takes; prompts: that were delivered; left_out: reason → calls; of_anybody:
    whoever made them, since the recipe names no principals."""

    status: Status
    recipe: str | None = None
    uri: str | None = None
    query: str | None = None
    calls: int = 0
    prompts: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    of_anybody: bool = False
    reason: str = ""
