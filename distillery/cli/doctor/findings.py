"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class DoctorSeverity(StrEnum):
    """How much a finding matters.

    BLOCKS: a deployment or a run fails until it is mended. WARNS: works, and costs or surprises somebody. UNCHECKED:
    nobody knows, because AWS refused the question or cannot answer it. INFO: as it should be, and worth knowing.
    """

    BLOCKS = "blocks"
    WARNS = "warns"
    UNCHECKED = "unchecked"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorFinding:
    """One finding.

    Attributes:
        what: What is the case, in a sentence.
        why: What follows from it; empty for what is as it should be.
        fix: The command or the step that mends it; empty if there is nothing to mend.
        paste: A text for somebody else, as it stands: a support case, a statement of a policy.
        check: The check that found it, which its runner fills in.
    """

    severity: DoctorSeverity
    what: str
    why: str = ""
    fix: str = ""
    paste: str = ""
    check: str = ""


def blocks(what: str, why: str, fix: str, paste: str = "") -> DoctorFinding:
    return DoctorFinding(severity=DoctorSeverity.BLOCKS, what=what, why=why, fix=fix, paste=paste)


def warns(what: str, why: str, fix: str, paste: str = "") -> DoctorFinding:
    return DoctorFinding(severity=DoctorSeverity.WARNS, what=what, why=why, fix=fix, paste=paste)


def unchecked(what: str, why: str, fix: str) -> DoctorFinding:
    return DoctorFinding(severity=DoctorSeverity.UNCHECKED, what=what, why=why, fix=fix)


def info(what: str) -> DoctorFinding:
    return DoctorFinding(severity=DoctorSeverity.INFO, what=what)
