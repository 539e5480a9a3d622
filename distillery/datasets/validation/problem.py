"""One thing wrong with one line."""

from typing import NamedTuple

from distillery.datasets.validation.rules_table import Kind


class Problem(NamedTuple):
    """path: JSON path inside of the line, empty where the line is no JSON; wrong: a clause that quotes no prompt."""

    kind: Kind
    path: str
    wrong: str


class NoRecord(Exception):
    """The line cannot be read so far that a record could be looked at."""

    def __init__(self, kind: Kind, wrong: str) -> None:
        super().__init__(wrong)
        self.problem = Problem(kind, "", wrong)
