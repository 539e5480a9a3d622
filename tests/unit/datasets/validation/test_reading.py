"""One pass over files: counts, findings, and memory."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from distillery.core.limits import MAX_FILE_BYTES
from distillery.core.tokens import token_weight
from distillery.datasets.report import validation_report
from distillery.datasets.validation import file_rules, line_rules
from distillery.datasets.validation import reading as module
from distillery.datasets.validation.fast_path import LineLimits
from distillery.datasets.validation.finding import MAX_LOCATIONS
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex
from tests.unit.dataset.fakes import file, line
from tests.unit.datasets.validation.students import codes, read


class Stream:
    """Generates lines on demand. end: bytes after which it ends."""

    def __init__(self, lines: Iterator[bytes], end: int) -> None:
        self._lines, self._left, self._held = lines, end, b""

    def read(self, size: int) -> bytes:
        while len(self._held) < size and self._left > 0:
            piece = next(self._lines)
            self._left -= len(piece)
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given


def numbered(text: str = "") -> Iterator[bytes]:
    number = 0
    while True:
        yield line(f"prompt {number}{text}") + b"\n"
        number += 1


def test_everything_is_counted_over_all_files() -> None:
    last = b"oops\n" + line("caf\u00e9", system=[{"text": "ab"}])
    reader = read(file(70), file(70, first=60, answer=None), last)
    counts = reader.counts
    assert (counts.lines, counts.prompts, counts.labelled, counts.bad, counts.repeated) == (142, 141, 71, 1, 10)
    assert reader.prompts.distinct == 131
    assert counts.bytes == len(file(70)) + len(file(70, first=60, answer=None)) + len(last)
    every = [f"prompt number {n}" for n in (*range(70), *range(60, 130))]
    assert counts.token_weight == token_weight("".join(every) + "abcaf\u00e9")
    assert codes(reader, errors_only=True) == ["not-json 1"]


@pytest.mark.parametrize(("count", "found"), [(99, ["too-few-prompts"]), (100, []), (15_000, [])])
def test_the_bounds_of_a_job_are_held_to_one_prompt(count: int, found: list[str]) -> None:
    assert codes(read(file(count))) == found


def test_a_file_of_too_many_prompts_is_reported_with_its_true_count() -> None:
    reader = read(file(20_123))
    (group,) = reader.findings
    assert group.first.rule is file_rules.TOO_MANY_PROMPTS
    assert group.first.wrong == "there are 20123 prompts"


def test_an_incomplete_file_does_not_have_too_few_prompts() -> None:
    reader = read(b"BZh91AY")
    assert codes(reader) == ["other-format"]


def test_all_findings_are_counted_and_a_hundred_locations_are_reported() -> None:
    reader = read(b"oops\n" * 250 + b"\n" * 2)
    first, second, *_ = validation_report(reader)["findings"]
    assert (first["code"], first["count"], first["line"], len(first["places"])) == ("not-json", 250, 1, MAX_LOCATIONS)
    assert (second["code"], second["count"], second["places"]) == ("blank-line", 2, ["a.jsonl:251", "a.jsonl:252"])
    assert first["fix"]
    assert first["allowed"]
    json.dumps(validation_report(reader))


def test_repeats_and_conflicting_answers_are_distinguished() -> None:
    reader = read(file(100), line("prompt number 7") + b"\n" + line("prompt number 8", "other"))
    assert codes(reader) == ["conflicting-answers 2", "duplicate-prompt 1"]


@pytest.mark.parametrize("capacity", [0, 1000])
def test_the_first_of_equal_prompts_counts_with_any_capacity(capacity: int) -> None:
    reader = read(file(100), file(100, answer="other"), capacity=capacity)
    assert reader.prompts.distinct == 100
    assert set(reader.prompts.answers.values()) == ({"billing"} if capacity else set())


def test_beyond_its_capacity_the_index_only_counts() -> None:
    reader = read(file(150), file(200), capacity=120)
    assert (reader.prompts.distinct, reader.counts.repeated, reader.prompts.answers) == (200, 150, {})


def test_beyond_a_limit_repeats_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HASHES", 100)
    reader = read(file(100), file(100))
    assert (reader.counts.prompts, reader.prompts.distinct, reader.prompts.is_exact) == (200, 100, False)


def test_bad_lines_are_quarantined_unchanged_up_to_a_limit() -> None:
    reader = DatasetReader(LineLimits(), PromptIndex(), max_quarantined=2)
    body = io.BytesIO(b"\n".join([line("a"), b"\xff", b"", b"x" * 20_000]))
    reader.read([InputFile("a.jsonl", "a.jsonl", None, body)])
    assert [(bad.location.line, bad.line) for bad in reader.quarantined] == [(2, b"\xff"), (3, b"")]
    assert (reader.counts.bad, reader.line_errors, reader.findings.errors) == (3, 3, 3)


def test_a_huge_line_is_reported_with_its_true_length_and_the_next_one_is_read() -> None:
    reader = read(file(100) + b"x" * 3_000_000 + b"\n" + line("after"))
    (group,) = reader.findings
    assert (group.first.rule, group.first.location.line) == (line_rules.LINE_TOO_LONG, 101)
    assert group.first.wrong == "it has 3000000 bytes"
    assert reader.counts.prompts == 101


@pytest.mark.slow
@pytest.mark.parametrize("lines", [numbered(), numbered("x" * 8000), iter([b"x" * 1_000_000] * 100)])
def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch, lines: Iterator[bytes]) -> None:
    monkeypatch.setattr(module, "MAX_HASHES", 1000)
    reader = DatasetReader(LineLimits(), PromptIndex())
    tracemalloc.start()
    reader.read([InputFile("a.jsonl", "a.jsonl", None, Stream(lines, 8_000_000))])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.counts.bytes >= 8_000_000
    assert peak < 3_000_000


def test_more_than_two_gigabytes_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = read(file(100))
    reader.counts.bytes = MAX_FILE_BYTES + 1
    reader.check_files()
    assert codes(reader) == ["file-too-large"]
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    endless = read(file(10_000))
    assert codes(endless) == ["file-too-large"]
    assert endless.counts.lines < 10_000
    assert not endless.complete
