"""What `distillery doctor --json` prints."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOutput:
    """What was examined, and the findings: `severity` (blocks, warns, unchecked, info), `check`, `what`, `why`, `fix`
    and `paste`, a text for somebody else. `good`: whether nothing blocks, and with --strict nothing warns.
    `answers`: of first contact, each with `question`, `answer` (null without one) and `undecided`, why there is none.
    `report`: their text for the maintainers; null if nothing was asked."""

    environment: str
    account: str
    caller: str
    home_region: str
    inference_region: str
    good: bool
    findings: list[dict[str, Any]]
    answers: list[dict[str, Any]] = field(default_factory=list)
    report: str | None = None
