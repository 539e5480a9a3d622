"""What is wrong with an environment's settings, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from distillery.core.errors import DistilleryError
from distillery.core.escaping import one_line, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong: `where` is the key in the file, the rest are clauses without a closing full stop."""

    where: str
    wrong: str
    allowed: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}. Allowed: {self.allowed}. Fix: {self.fix}."


class ConfigError(DistilleryError):
    """An environment cannot be deployed as its settings say. `findings` holds every reason at once."""

    def __init__(self, environment: str, findings: Iterable[Finding]) -> None:
        self.environment = environment
        self.findings = tuple(findings)
        super().__init__(environment, self.findings)

    def __str__(self) -> str:
        lines = "".join(f"\n  - {one_line(finding)}" for finding in self.findings)
        return f"environment {quoted(self.environment)} cannot be deployed as its settings stand:{lines}"


def near(word: str, known: Iterable[str]) -> str:
    """The known words nearest to `word`, else all of them, as a list in prose."""
    every = sorted(known)
    return ", ".join(get_close_matches(word, every, n=3) or every) or "none"
