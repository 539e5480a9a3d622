"""Rules and findings. All findings are counted; the first of each rule is reported in full.

Finding codes and the JSON of a finding are part of the report's format and never change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from distillery.core.escaping import one_line

MAX_LOCATIONS = 100
"""Locations reported for each rule."""
MAX_FILE_NAME = 200
"""Characters of a file's name, or of its local path, that are reported."""


class Severity(StrEnum):
    ERROR = "error"  # Bedrock rejects it, or its meaning is ambiguous
    WARNING = "warning"  # reported and counted; never a reason to reject


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, of `line_rules` or `file_rules`.

    code: stable identifier for programs. what, allowed, fix: clauses for people, without a full stop. `fix` may contain
    a command in backticks, with FILE for the file's name.
    """

    code: str
    severity: Severity
    what: str
    allowed: str
    fix: str

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def error(code: str, what: str, allowed: str, fix: str) -> Rule:
    return Rule(code, Severity.ERROR, what, allowed, fix)


def warning(code: str, what: str, allowed: str, fix: str) -> Rule:
    return Rule(code, Severity.WARNING, what, allowed, fix)


class Problem(NamedTuple):
    """A violation of a rule within one line.

    path: JSON path, empty if the line is not JSON. wrong: a clause that never quotes a prompt.
    """

    rule: Rule
    path: str
    wrong: str


class UnreadableLine(Exception):
    """The line cannot be decoded to a JSON value."""

    def __init__(self, rule: Rule, wrong: str) -> None:
        super().__init__(wrong)
        self.problem = Problem(rule, "", wrong)

    def __reduce__(self) -> tuple[type, tuple[Rule, str], dict[str, object]]:
        return type(self), (self.problem.rule, self.problem.wrong), self.__dict__


class UnreadableFile(Exception):
    """The file cannot be read further: the rule it breaks, what is wrong, and the line if it is known."""

    def __init__(self, rule: Rule, wrong: str, *, line: int | None = None) -> None:
        super().__init__(wrong)
        self.rule, self.wrong, self.line = rule, wrong, line

    def __reduce__(self) -> tuple[type, tuple[Rule, str], dict[str, object]]:
        return type(self), (self.rule, self.wrong), self.__dict__


class ReadingStopped(UnreadableFile):
    """A bound on reading is reached: neither this file nor the next one is read further."""


@dataclass(frozen=True, slots=True)
class FindingLocation:
    """line: from 1; None for the whole file. path: JSON path within the line, such as `$.messages[0].role`."""

    file: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        return (
            one_line(self.file, MAX_FILE_NAME)
            + (f":{self.line}" if self.line else "")
            + (f" {self.path}" if self.path else "")
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation of a rule at a location. wrong: what is wrong there, as a clause that never quotes a prompt."""

    rule: Rule
    location: FindingLocation
    wrong: str

    def __str__(self) -> str:
        return f"{self.location}: {self.wrong} [{self.rule.code}]"


@dataclass(slots=True)
class FindingGroup:
    """All findings of one rule. locations: the first `MAX_LOCATIONS`."""

    first: Finding
    count: int = 0
    locations: list[FindingLocation] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        rule, location = self.first.rule, self.first.location
        return {
            "code": rule.code,
            "severity": rule.severity.value,
            "count": self.count,
            "file": location.file,
            "line": location.line,
            "path": location.path,
            "wrong": self.first.wrong,
            "allowed": rule.allowed,
            "fix": rule.fix,
            "places": [str(each) for each in self.locations],
        }


class Findings:
    """Findings grouped by rule, in the order of first occurrence."""

    def __init__(self) -> None:
        self._groups: dict[str, FindingGroup] = {}

    def add(self, finding: Finding, count: int = 1) -> None:
        """Adds a finding, which stands for `count` violations of its rule."""
        group = self._groups.setdefault(finding.rule.code, FindingGroup(finding))
        group.count += count
        if len(group.locations) < MAX_LOCATIONS:
            group.locations.append(finding.location)

    def __iter__(self) -> Iterator[FindingGroup]:
        """Iterates over the groups, errors before warnings."""
        return iter(sorted(self._groups.values(), key=lambda group: not group.first.rule.is_error))

    @property
    def errors(self) -> int:
        return sum(group.count for group in self._groups.values() if group.first.rule.is_error)

    @property
    def warnings(self) -> int:
        return sum(group.count for group in self._groups.values() if not group.first.rule.is_error)
