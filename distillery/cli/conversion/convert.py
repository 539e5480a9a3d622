"""Converts a file: every record is written as a checked line, or reported."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from distillery.cli.conversion.formats import PromptFormat, Reader, guess
from distillery.cli.conversion.records import Record
from distillery.cli.conversion.turns import NotConvertible, Reading
from distillery.core.conversation import to_line
from distillery.datasets.validation.explain import explain
from distillery.datasets.validation.fast_path import LineLimits, accept_lines

MAX_LINES = 5
"""Lines that are reported for each reason."""
MAX_REASONS = 1000
OTHER_REASONS = "other reasons"
"""The key of what is left out after `MAX_REASONS`, which bounds the memory."""
_LIMITS = LineLimits(multi_turn=True, as_job_input=True)


@dataclass(frozen=True, slots=True)
class LeftOutRecord:
    """A record that was not converted, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Conversion:
    """What a conversion counted. reasons: the number of records, and the first lines, by reason."""

    records: int = 0
    converted: int = 0
    with_answer: int = 0
    dialogues: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[int]] = field(default_factory=dict)
    looks_like: PromptFormat | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def left_out(self) -> int:
        return self.records - self.converted

    def convert(
        self, records: Iterable[Record], reader: Reader, on_left_out: Callable[[LeftOutRecord], None]
    ) -> Iterator[bytes]:
        """Yields the lines of the records that can be converted, and hands over the others."""
        for record in records:
            self.records += 1
            try:
                line = self._line(record, reader)
            except NotConvertible as error:
                self._leave_out(LeftOutRecord(record.line, str(error)), record)
                on_left_out(LeftOutRecord(record.line, str(error)))
            else:
                self.converted += 1
                yield line

    def _line(self, record: Record, reader: Reader) -> bytes:
        if record.reason:
            raise NotConvertible(record.reason)
        prompt = reader(record.value, self.reading)
        try:
            line = to_line(prompt).encode()
        except UnicodeEncodeError as error:
            raise NotConvertible("a text contains half of a surrogate pair, which is not a character") from error
        if accept_lines(line, [line], _LIMITS) is None:
            for problem in explain(line, _LIMITS).problems:
                if problem.rule.is_error:
                    raise NotConvertible(f"{problem.wrong}; allowed: {problem.rule.allowed}")
        self.with_answer += prompt.reference is not None
        self.dialogues += prompt.turns > 1
        return line + b"\n"

    def _leave_out(self, left_out: LeftOutRecord, record: Record) -> None:
        known = left_out.reason in self.reasons or len(self.reasons) < MAX_REASONS
        reason = left_out.reason if known else OTHER_REASONS
        self.reasons[reason] += 1
        lines = self.lines.setdefault(reason, [])
        if len(lines) < MAX_LINES:
            lines.append(left_out.line)
        if self.looks_like is None:
            self.looks_like = guess(record.value)
