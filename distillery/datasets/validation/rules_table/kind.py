"""A kind of finding: its stable name, how bad it is, what is allowed instead, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # Bedrock refuses it, or nobody can say what was meant
    WARNING = "warning"  # told and counted; nothing is refused for it


@dataclass(frozen=True, slots=True)
class Kind:
    """`code` is for programs and never changes; the rest are clauses for people, without a full stop.

    `fix` may be a command, in backticks, with FILE for the file's name.
    """

    code: str
    severity: Severity
    what: str
    allowed: str
    fix: str

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def error(code: str, what: str, allowed: str, fix: str) -> Kind:
    return Kind(code, Severity.ERROR, what, allowed, fix)


def warning(code: str, what: str, allowed: str, fix: str) -> Kind:
    return Kind(code, Severity.WARNING, what, allowed, fix)
