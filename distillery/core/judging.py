"""How a recipe's answers are graded, and what follows from the verdict: what the library `evaluation` reads of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class GraderKind(StrEnum):
    """How an answer is graded."""

    LABEL = "label"
    """Equal after trimming, case folding and removing a final full stop."""
    JSON = "json"
    """Field by field, for extraction."""
    NUMBER = "number"
    """The marked or the last number, for calculations."""
    TABLE = "table"
    """Row by row, for data analysis."""
    CONTAINS = "contains"
    """Whether texts occur in the answer."""
    PATTERN = "pattern"
    """Whether a regular expression matches the answer."""
    OVERLAP = "overlap"
    """F1 of the words that both have, for free text."""
    QUOTES = "quotes"
    """Quotations and figures must be in the given context, for answers from documents."""
    JUDGE = "judge"
    """A model reads the answer and rates it, for free text."""
    FUNCTION = "function"
    """The team's own Lambda function scores the answer."""

    @property
    def is_external(self) -> bool:
        """Whether its scores come from outside the library, and are stored before the verdict."""
        return self in (GraderKind.JUDGE, GraderKind.FUNCTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraderSpec:
    """One of a recipe's graders."""

    kind: GraderKind
    """How an answer is graded."""
    weight: int = 1
    """Weight of this grader's score in the mean of all, at least 1."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The options of the kind, as docs/graders.md lists them. In TOML they are keys of the same table."""


class VerdictOutcome(StrEnum):
    """What an evaluation decided, and each of its bars."""

    PASSED = "passed"
    """Every bar holds."""
    FAILED = "failed"
    """A bar is refuted."""
    INCONCLUSIVE = "inconclusive"
    """Neither: more held-out prompts would decide, or answers are missing."""


class InconclusivePolicy(StrEnum):
    """What happens to a student whose evaluation decides nothing."""

    KEEP = "keep"
    """The live model stays."""
    WAIT = "wait"
    """The run waits until somebody accepts or rejects the student."""
