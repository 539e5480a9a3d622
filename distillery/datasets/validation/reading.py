"""Reads the files of a data set in one pass: validates every line, counts, and keeps the distinct prompts."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from distillery.core.limits import MAX_FILE_BYTES, MAX_PROMPTS, MIN_PROMPTS, S3_URI, S3_URI_MAX
from distillery.core.tokens import token_weight
from distillery.datasets.validation import file_rules as rules
from distillery.datasets.validation.fast_path import AcceptedLines, LineLimits, PromptTexts, accept_lines
from distillery.datasets.validation.finding import (
    Finding,
    FindingLocation,
    Findings,
    Problem,
    ReadingStopped,
    Rule,
    UnreadableFile,
)
from distillery.datasets.validation.lines import LineBlock, Read, open_stream, read_blocks

MAX_BYTES = MAX_FILE_BYTES
"""Uncompressed bytes after which reading stops: no larger data set is accepted, and gzip can expand without limit."""
MAX_EXPLAINED = 100_000
"""Problems in lines after which reading stops. A line that needs a closer look counts as at least one, and one for each
`EXPLAINED_BYTES`: it takes at least ten times as long as another line."""
EXPLAINED_BYTES = 4096
MAX_HASHES = 100_000
"""Distinct prompts after which repeats are no longer counted. Bounds the memory; such a data set is always rejected."""
ALL_FILES = FindingLocation("all files together")


@dataclass(frozen=True, slots=True)
class InputFile:
    """An open file. uri: an s3:// address or a local path. version: the S3 version id, if any. body: has `read(n)`."""

    name: str
    uri: str
    version: str | None
    body: Any


@dataclass(slots=True)
class Counts:
    """prompts: good lines, including repeated ones. bad: lines with an error. bytes: uncompressed. token_weight: of
    the prompts in good lines."""

    lines: int = 0
    bytes: int = 0
    prompts: int = 0
    labelled: int = 0
    bad: int = 0
    repeated: int = 0
    token_weight: int = 0


@dataclass(frozen=True, slots=True)
class BadLine:
    """line: the bytes in the file, or their beginning if the line is too long."""

    location: FindingLocation
    line: bytes
    problems: list[Problem]


class Repeat(NamedTuple):
    """at: position in the added prompts. conflicting: the earlier occurrence had a different answer."""

    at: int
    conflicting: bool


def _identity(value: Any) -> Any:
    return value


class PromptIndex:
    """The distinct prompts with their answers; of equal prompts, the first.

    Up to `capacity` prompts are stored in full. Beyond it, or without one, 64-bit hashes replace them (Python's, with a
    random key per process). Hashes only count repeats; no prompt is removed because of one.
    """

    def __init__(self, capacity: int = 0) -> None:
        self.capacity = capacity
        self._key: Callable[[Any], Hashable] = _identity if capacity else hash
        self._seen: dict[Any, Any] = {}
        self.distinct = 0

    @property
    def answers(self) -> dict[PromptTexts, str | None]:
        """Prompt → answer, in the order of the input. Empty if nothing is stored in full."""
        return self._seen if self._key is _identity else {}

    @property
    def is_exact(self) -> bool:
        """Whether `distinct` is exact; it stops counting at `MAX_HASHES`."""
        return len(self._seen) < MAX_HASHES

    def add(self, prompts: Sequence[PromptTexts], answers: Sequence[str | None]) -> list[Repeat]:
        """Adds prompts and returns those that occurred before."""
        if len(self._seen) >= MAX_HASHES:
            return []
        keys = [self._key(prompt) for prompt in prompts]
        if len(set(keys)) == len(keys) and self._seen.keys().isdisjoint(keys):
            self._seen.update(zip(keys, map(self._key, answers), strict=True))
            repeats = []
        else:
            repeats = [repeat for index, key in enumerate(keys) if (repeat := self._add(index, key, answers[index]))]
        self.distinct = len(self._seen)
        if self._key is _identity and len(self._seen) > self.capacity:
            self._seen = {hash(prompt): hash(answer) for prompt, answer in self._seen.items()}
            self._key = hash
        return repeats

    def _add(self, index: int, key: Hashable, answer: str | None) -> Repeat | None:
        before = len(self._seen)
        first = self._seen.setdefault(key, self._key(answer))
        return Repeat(index, first != self._key(answer)) if len(self._seen) == before else None


@dataclass(slots=True)
class DatasetReader:
    """Reads files and holds the result.

    max_quarantined: number of bad lines to keep in `quarantined`. sources: (uri, version) of each file. line_errors:
    the errors in `findings` that concern a single line. complete: every file was read to its end. explained: the
    count for `MAX_EXPLAINED`.
    """

    limits: LineLimits
    prompts: PromptIndex
    max_quarantined: int = 0
    counts: Counts = field(default_factory=Counts)
    findings: Findings = field(default_factory=Findings)
    quarantined: list[BadLine] = field(default_factory=list)
    sources: list[tuple[str, str | None]] = field(default_factory=list)
    line_errors: int = 0
    complete: bool = True
    explained: int = 0

    def read(self, files: Iterable[InputFile]) -> None:
        """Reads all files. Continues after a bad line or file, so that one pass reports everything that is wrong.

        Whatever the files contain, it ends: at `MAX_BYTES`, `MAX_EXPLAINED`, or a bound of `lines` or `gzip_stream`. A
        finding then says so.
        """
        for file in files:
            self.sources.append((file.uri, file.version))
            try:
                self._read(file)
            except UnreadableFile as error:
                self.complete = False
                self._add(error.rule, FindingLocation(file.name, error.line), error.wrong)
                if isinstance(error, ReadingStopped):
                    return

    def check_files(self, *, mixed_labels: Rule = rules.MIXED_LABELS) -> None:
        """Checks the files as a whole: their size, and whether only some prompts have a reference answer."""
        counts = self.counts
        if self.complete and counts.bytes > MAX_FILE_BYTES:
            self._add(rules.FILE_TOO_LARGE, ALL_FILES, f"they have {counts.bytes} bytes uncompressed")
        if 0 < counts.labelled < counts.prompts:
            wrong = f"{counts.labelled} of {counts.prompts} prompts have a reference answer"
            self._add(mixed_labels, ALL_FILES, wrong)

    def check_as_job_input(self) -> None:
        """Checks the files as the unchanged input of a job: the number of prompts, and the names.

        Counts every good line, because Bedrock's documentation does not say whether equal prompts count.
        """
        count = self.counts.prompts
        if count > MAX_PROMPTS:
            self._add(rules.TOO_MANY_PROMPTS, ALL_FILES, f"there are {count} prompts")
        elif count < MIN_PROMPTS and self.complete:  # unknown for a file that was not read to its end
            self._add(
                rules.TOO_FEW_PROMPTS, ALL_FILES, f"there are {count} prompts" if count != 1 else "there is 1 prompt"
            )
        for uri, _ in self.sources:
            name = uri.rpartition("/")[2]
            if name.endswith(".gz"):
                self._add(rules.PACKED_FOR_JOB, FindingLocation(name), "its name ends in .gz")
            address = uri if uri.startswith("s3://") else f"s3://bucket/{name}"
            if not S3_URI.fullmatch(address) or len(address) > S3_URI_MAX:
                self._add(
                    rules.NAME_NOT_FOR_BEDROCK, FindingLocation(name), "it does not match the pattern of an s3Uri"
                )

    def _read(self, file: InputFile) -> None:
        crlf, before = 0, self.counts.lines
        try:
            for block in read_blocks(self._counted(open_stream(file.name, file.body)), self.limits.line_bytes):
                self._read_block(file.name, block)
                if b"\r" in block.raw:
                    crlf += block.raw.count(b"\r\n")
        finally:
            if crlf:
                self._add(rules.CRLF, FindingLocation(file.name), f"{crlf} lines end in CR LF", crlf)
        if self.counts.lines == before:
            self._add(rules.EMPTY_FILE, FindingLocation(file.name), "it has no line")

    def _counted(self, read: Read) -> Read:
        """Counts the bytes that are read, and stops at `MAX_BYTES`, wherever they are within a line."""

        def counted(size: int) -> bytes:
            chunk = read(size)
            self.counts.bytes += len(chunk)
            if self.counts.bytes > MAX_BYTES:
                raise ReadingStopped(rules.FILE_TOO_LARGE, f"reading stopped after {self.counts.bytes} bytes")
            return chunk

        return counted

    def _read_block(self, name: str, block: LineBlock) -> None:
        self.counts.lines += len(block.lines)
        if accepted := accept_lines(block.raw, block.lines, self.limits):
            self._add_lines(name, block.first, accepted)
            return
        for index, line in enumerate(block.lines):
            if accepted := accept_lines(line, [line], self.limits):
                self._add_lines(name, block.first + index, accepted)
            else:
                length = len(line) + (0 if index else block.dropped)
                self._explain(FindingLocation(name, block.first + index), line, length, cut_off=block.cut_off)

    def _explain(self, location: FindingLocation, line: bytes, length: int, *, cut_off: bool) -> None:
        from distillery.datasets.validation.explain import explain  # only a bad line needs it

        if self.explained >= MAX_EXPLAINED:
            wrong = "too many lines before it have problems; it and all after it were not checked"
            raise ReadingStopped(rules.READING_STOPPED, wrong, line=location.line)
        explained = explain(line, self.limits, length=length, cut_off=cut_off)
        self.explained += max(1, len(explained.problems), len(line) // EXPLAINED_BYTES)
        for problem in explained.problems:
            self.line_errors += problem.rule.is_error
            self._add(problem.rule, FindingLocation(location.file, location.line, problem.path), problem.wrong)
        if explained.prompt is not None:
            weight = token_weight("".join(filter(None, explained.prompt)))
            accepted = AcceptedLines([explained.prompt], [explained.answer], weight)
            self._add_lines(location.file, location.line or 0, accepted)
            return
        self.counts.bad += 1
        if len(self.quarantined) < self.max_quarantined:
            self.quarantined.append(BadLine(location, line, explained.problems))

    def _add_lines(self, name: str, first: int, accepted: AcceptedLines) -> None:
        """Adds good lines, numbered from `first`."""
        self.counts.prompts += len(accepted.prompts)
        self.counts.labelled += len(accepted.answers) - accepted.answers.count(None)
        self.counts.token_weight += accepted.token_weight
        for repeat in self.prompts.add(accepted.prompts, accepted.answers):
            self.counts.repeated += 1
            rule = rules.CONFLICTING_ANSWERS if repeat.conflicting else rules.DUPLICATE_PROMPT
            self._add(rule, FindingLocation(name, first + repeat.at), rule.what)

    def _add(self, rule: Rule, location: FindingLocation, wrong: str, count: int = 1) -> None:
        self.findings.add(Finding(rule, location, wrong), count)
