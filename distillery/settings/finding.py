"""Findings about an environment's settings, and the error that lists them."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from distillery.core.errors import DistilleryError
from distillery.core.escaping import one_line, quoted


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """One problem. `where` is the key in the file; the other parts are clauses without a full stop."""

    where: str
    wrong: str
    allowed: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}. Allowed: {self.allowed}. Fix: {self.fix}."


class ConfigError(DistilleryError):
    """The environment's settings cannot be deployed. `findings` has every reason."""

    def __init__(self, environment: str, findings: Iterable[ConfigFinding]) -> None:
        self.environment = environment
        self.findings = tuple(findings)
        super().__init__(environment, self.findings)

    def __str__(self) -> str:
        lines = "".join(f"\n  - {one_line(finding)}" for finding in self.findings)
        return f"environment {quoted(self.environment)} cannot be deployed with its settings:{lines}"


def closest_matches(word: str, known: Iterable[str]) -> str:
    """The known words that are most similar to `word`, or else all of them, separated by commas."""
    every = sorted(known)
    return ", ".join(get_close_matches(word, every, n=3) or every) or "none"
