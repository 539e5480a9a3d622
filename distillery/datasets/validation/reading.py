"""One pass over the files of a data set: every line judged, everything counted, nothing held but what is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from distillery.core.limits import MAX_FILE_BYTES
from distillery.datasets.validation.fast_path import Good, good
from distillery.datasets.validation.file_signature import disguised
from distillery.datasets.validation.finding import Finding, Findings, Place
from distillery.datasets.validation.lines import Block, Unreadable, blocks, reader
from distillery.datasets.validation.prompts import Prompts
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import Kind, whole

if TYPE_CHECKING:
    from distillery.datasets.validation.problem import Problem

MOST_BYTES = 4 * MAX_FILE_BYTES
"""Unpacked; beyond them a data set is refused without reading on, so that a packed file cannot grow without end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file being read. uri: where it is, an s3:// address or a path; version: S3's, if any; body: `read(n)`."""

    name: str
    uri: str
    version: str | None
    body: Any


@dataclass(slots=True)
class Tally:
    """prompts: good lines, repeated ones included; bad: lines with an error; characters: of what good lines ask;
    bytes: unpacked."""

    lines: int = 0
    bytes: int = 0
    prompts: int = 0
    labelled: int = 0
    bad: int = 0
    repeated: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class BadLine:
    """line: as it stands in the file, or its beginning if it is too long."""

    place: Place
    line: bytes
    problems: "list[Problem]"


@dataclass(slots=True)
class Reading:
    """What the pass found. aside: the first `put_aside` bad lines; line_errors: of `findings`, those of lines;
    sources: (uri, version) as read; whole: every file was read to its end."""

    rules: Rules
    prompts: Prompts
    put_aside: int = 0
    tally: Tally = field(default_factory=Tally)
    findings: Findings = field(default_factory=Findings)
    aside: list[BadLine] = field(default_factory=list)
    sources: list[tuple[str, str | None]] = field(default_factory=list)
    line_errors: int = 0
    whole: bool = True

    def read(self, files: Iterable[Opened]) -> None:
        """Goes on after a bad line or file, so that a person sees all that is to mend."""
        for file in files:
            self.sources.append((file.uri, file.version))
            try:
                self._read(file)
            except Unreadable as broken:
                self._unread(file.name, broken.kind, broken.wrong)
            if self.tally.bytes > MOST_BYTES:
                self._unread(file.name, whole.FILE_TOO_LARGE, f"reading ended after {self.tally.bytes} bytes")
                return

    def _read(self, file: Opened) -> None:
        crlf, before = 0, self.tally.lines
        for block in blocks(reader(file.name, file.body), self.rules.line_bytes):
            if block.first == 1 and (found := disguised(block.raw)):
                raise Unreadable(*found)
            self._take(file.name, block)
            if b"\r" in block.raw:
                crlf += block.raw.count(b"\r\n")
            if self.tally.bytes > MOST_BYTES:
                break
        if crlf:
            self.findings.add(Finding(whole.CRLF, Place(file.name), f"{crlf} lines end in CR LF"), crlf)
        if self.tally.lines == before:
            self._file(file.name, whole.EMPTY_FILE, "it has no line")

    def _take(self, name: str, block: Block) -> None:
        self.tally.lines += len(block.lines)
        self.tally.bytes += len(block.raw) + block.let_go
        if found := good(block.raw, block.lines, self.rules):
            self._add(name, block.first, found)
            return
        for index, line in enumerate(block.lines):
            if one := good(line, [line], self.rules):
                self._add(name, block.first + index, one)
            else:
                length = len(line) + (0 if index else block.let_go)
                self._look_closely(Place(name, block.first + index), line, length, cut_off=block.cut_off)

    def _look_closely(self, place: Place, line: bytes, length: int, *, cut_off: bool) -> None:
        from distillery.datasets.validation.explain import explain  # the price of a bad line, not of every start

        found = explain(line, self.rules, length=length, cut_off=cut_off)
        for problem in found.problems:
            self.line_errors += problem.kind.is_error
            self.findings.add(Finding(problem.kind, Place(place.file, place.line, problem.path), problem.wrong))
        if found.asked is not None:
            characters = sum(map(len, filter(None, found.asked)))
            self._add(place.file, place.line or 0, Good([found.asked], [found.answer], characters))
            return
        self.tally.bad += 1
        if len(self.aside) < self.put_aside:
            self.aside.append(BadLine(place, line, found.problems))

    def _add(self, name: str, first: int, found: Good) -> None:
        """Good lines from `first` on."""
        self.tally.prompts += len(found.asked)
        self.tally.labelled += len(found.answers) - found.answers.count(None)
        self.tally.characters += found.characters
        for repeat in self.prompts.add(found.asked, found.answers):
            self.tally.repeated += 1
            kind = whole.CONFLICTING_ANSWERS if repeat.conflict else whole.DUPLICATE_PROMPT
            self.findings.add(Finding(kind, Place(name, first + repeat.at), kind.what))

    def _unread(self, name: str, kind: Kind, wrong: str) -> None:
        self.whole = False
        self._file(name, kind, wrong)

    def _file(self, name: str, kind: Kind, wrong: str) -> None:
        self.findings.add(Finding(kind, Place(name), wrong))
