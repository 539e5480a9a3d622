"""What is wrong with an upload, with line numbers: all counted, the first hundred kept."""

from dataclasses import dataclass, field

KEPT = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """line: from 1; None where it is about the whole file."""

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(slots=True)
class Findings:
    total: int = 0
    first: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.total += 1
        if len(self.first) < KEPT:
            self.first.append(finding)
