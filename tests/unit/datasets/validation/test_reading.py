"""One pass over files: what is counted, what is told, and how little is held."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from distillery.core.limits import MAX_FILE_BYTES
from distillery.datasets.validation import prompts as prompts_module
from distillery.datasets.validation import reading as module
from distillery.datasets.validation.dataset_checks import judge_files
from distillery.datasets.validation.finding import PLACES
from distillery.datasets.validation.prompts import Prompts
from distillery.datasets.validation.reading import Opened, Reading
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import text, whole
from distillery.datasets.validation.summary import summary
from tests.unit.dataset.fakes import file, line
from tests.unit.datasets.validation.desk import read, told


class Stream:
    """Lines made when they are asked for. end: bytes after which it ends."""

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
    reading = read(file(70), file(70, first=60, answer=None), last)
    tally = reading.tally
    assert (tally.lines, tally.prompts, tally.labelled, tally.bad, tally.repeated) == (142, 141, 71, 1, 10)
    assert reading.prompts.different == 131
    assert tally.bytes == len(file(70)) + len(file(70, first=60, answer=None)) + len(last)
    assert tally.characters == sum(len(f"prompt number {n}") for n in (*range(70), *range(60, 130))) + len(
        "abcaf\u00e9"
    )
    assert told(reading, errors_only=True) == ["not-json 1"]


@pytest.mark.parametrize(("count", "found"), [(99, ["too-few-prompts"]), (100, []), (15_000, [])])
def test_the_bounds_of_a_job_are_held_to_one_prompt(count: int, found: list[str]) -> None:
    assert told(read(file(count))) == found


def test_a_file_of_too_many_prompts_fails_with_its_true_count() -> None:
    reading = read(file(20_123))
    (group,) = reading.findings
    assert group.first.kind is whole.TOO_MANY_PROMPTS
    assert group.first.wrong == "there are 20123 prompts"


def test_a_file_that_ends_too_early_is_not_said_to_hold_too_few() -> None:
    reading = read(b"BZh91AY")
    assert told(reading) == ["other-format"]


def test_all_findings_are_counted_the_first_of_each_kind_is_told_and_a_hundred_places_are_kept() -> None:
    reading = read(b"oops\n" * 250 + b"\n" * 2)
    first, second, *_ = summary(reading)["findings"]
    assert (first["code"], first["count"], first["line"], len(first["places"])) == ("not-json", 250, 1, PLACES)
    assert (second["code"], second["count"], second["places"]) == ("blank-line", 2, ["a.jsonl:251", "a.jsonl:252"])
    assert first["fix"]
    assert first["allowed"]
    json.dumps(summary(reading))


def test_a_repeat_is_told_with_its_line_and_another_answer_is_told_as_such() -> None:
    reading = read(file(100), line("prompt number 7") + b"\n" + line("prompt number 8", "other"))
    assert told(reading) == ["conflicting-answers 2", "duplicate-prompt 1"]


@pytest.mark.parametrize("keep", [0, 1000])
def test_the_first_of_equal_prompts_counts_whatever_is_kept(keep: int) -> None:
    reading = read(file(100), file(100, answer="other"), keep=keep)
    assert reading.prompts.different == 100
    assert set(reading.prompts.kept.values()) == ({"billing"} if keep else set())


def test_beyond_what_can_be_of_use_nothing_is_kept_but_the_count_goes_on() -> None:
    reading = read(file(150), file(200), keep=120)
    assert (reading.prompts.different, reading.tally.repeated, reading.prompts.kept) == (200, 150, {})


def test_beyond_a_bound_repeats_are_not_counted_and_the_count_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts_module, "MOST_HASHES", 100)
    reading = read(file(100), file(100))
    assert (reading.tally.prompts, reading.prompts.different, reading.prompts.counts_all) == (200, 100, False)


def test_bad_lines_are_put_aside_as_they_stand_up_to_a_bound() -> None:
    reading = Reading(Rules(), Prompts(), put_aside=2)
    body = io.BytesIO(b"\n".join([line("a"), b"\xff", b"", b"x" * 20_000]))
    reading.read([Opened("a.jsonl", "a.jsonl", None, body)])
    assert [(bad.place.line, bad.line) for bad in reading.aside] == [(2, b"\xff"), (3, b"")]
    assert (reading.tally.bad, reading.line_errors, reading.findings.errors) == (3, 3, 3)


def test_a_gigantic_line_is_told_with_its_true_length_and_the_next_one_is_read() -> None:
    reading = read(file(100) + b"x" * 3_000_000 + b"\n" + line("after"))
    (group,) = reading.findings
    assert (group.first.kind, group.first.place.line) == (text.LINE_TOO_LONG, 101)
    assert group.first.wrong == "it has 3000000 bytes"
    assert reading.tally.prompts == 101


@pytest.mark.parametrize("lines", [numbered(), numbered("x" * 8000), iter([b"x" * 1_000_000] * 100)])
def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch, lines: Iterator[bytes]) -> None:
    monkeypatch.setattr(prompts_module, "MOST_HASHES", 1000)
    reading = Reading(Rules(), Prompts())
    tracemalloc.start()
    reading.read([Opened("a.jsonl", "a.jsonl", None, Stream(lines, 8_000_000))])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading.tally.bytes >= 8_000_000
    assert peak < 3_000_000


def test_more_than_two_gigabytes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = read(file(100))
    reading.tally.bytes = MAX_FILE_BYTES + 1
    judge_files(reading)
    assert told(reading) == ["file-too-large"]
    monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    endless = read(file(10_000))
    assert told(endless) == ["file-too-large"]
    assert endless.tally.lines < 10_000
    assert not endless.whole
