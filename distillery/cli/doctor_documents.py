"""What `distillery doctor --json` prints."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOutput:
    """What was examined, and the findings: `severity` (blocks, warns, unchecked, info), `check`, `what`, `why`, `fix`
    and `paste`, a text for somebody else. `good`: whether nothing blocks, and with --strict nothing warns."""

    environment: str
    account: str
    caller: str
    home_region: str
    inference_region: str
    good: bool
    findings: list[dict[str, Any]]
