"""The answer of an advisory database."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """findings: a line for each package with a known vulnerability. unreached: why the database was not asked, or "".

    unknown: the packages that the database does not know, so that nothing is known of them.
    """

    findings: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreached: str = ""


class Failed(Exception):
    """The auditing tool failed. Contains its last output."""
