"""What is wrong with prompts, and where: all of it counted, the first of each kind told in full."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from distillery.core.escaping import one_line
from distillery.datasets.validation.rules_table import Kind

PLACES = 100
"""Of each kind, the places that are kept."""
FILE_MAX = 200
"""Characters of a file's name, or of its path at the desk, that are told."""


@dataclass(frozen=True, slots=True)
class Place:
    """line: from 1, None where it is about the whole file; path: JSON path inside the line, `$.messages[0].role`."""

    file: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        return (
            one_line(self.file, FILE_MAX)
            + (f":{self.line}" if self.line else "")
            + (f" {self.path}" if self.path else "")
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """wrong: what is wrong here, as a clause; it never quotes a prompt."""

    kind: Kind
    place: Place
    wrong: str

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong} [{self.kind.code}]"


@dataclass(slots=True)
class Group:
    """All findings of one kind. places: those of the first hundred."""

    first: Finding
    count: int = 0
    places: list[Place] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        kind, place = self.first.kind, self.first.place
        return {
            "code": kind.code,
            "severity": kind.severity.value,
            "count": self.count,
            "file": place.file,
            "line": place.line,
            "path": place.path,
            "wrong": self.first.wrong,
            "allowed": kind.allowed,
            "fix": kind.fix,
            "places": [str(each) for each in self.places],
        }


class Findings:
    """Grouped by kind, in the order in which the kinds were first met."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def add(self, finding: Finding, count: int = 1) -> None:
        """`count` where one finding stands for many of its kind, told together."""
        group = self._groups.setdefault(finding.kind.code, Group(finding))
        group.count += count
        if len(group.places) < PLACES:
            group.places.append(finding.place)

    def __iter__(self) -> Iterator[Group]:
        """Errors before warnings."""
        return iter(sorted(self._groups.values(), key=lambda group: not group.first.kind.is_error))

    @property
    def errors(self) -> int:
        return sum(group.count for group in self._groups.values() if group.first.kind.is_error)

    @property
    def warnings(self) -> int:
        return sum(group.count for group in self._groups.values() if not group.first.kind.is_error)

    def of(self, *kinds: Kind) -> int:
        """How many of these kinds."""
        return sum(self._groups[kind.code].count for kind in kinds if kind.code in self._groups)
