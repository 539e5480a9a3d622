"""Whatever a file contains, reading it ends with a report. The sources here never end; only a bound stops them."""

import gzip
import json
import zlib
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distillery.datasets.report import validation_report
from distillery.datasets.validation import explain, gzip_stream, lines, reading
from distillery.datasets.validation.explain import MAX_PROBLEMS
from distillery.datasets.validation.fast_path import LineLimits
from distillery.datasets.validation.lines import CHUNK
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex
from simulator_support.thoroughness import cases
from tests.unit.dataset.fakes import line

LINE, TOTAL, PROBLEMS, MEMBERS = 1_000_000, 4_000_000, 300, 300


@pytest.fixture(autouse=True)
def _low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_SKIPPED_BYTES", LINE)
    monkeypatch.setattr(reading, "MAX_BYTES", TOTAL)
    monkeypatch.setattr(reading, "MAX_EXPLAINED", PROBLEMS)
    monkeypatch.setattr(gzip_stream, "MAX_PACKED_BYTES", TOTAL)
    monkeypatch.setattr(gzip_stream, "MAX_MEMBERS", MEMBERS)


class Source:
    """Reads pieces one after another, and counts the bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held, self.bytes = pieces, b"", 0

    def read(self, size: int) -> bytes:
        if not self._held:
            self._held = next(filter(None, self._pieces), b"")
        given, self._held = self._held[:size], self._held[size:]
        self.bytes += len(given)
        return given


def packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Compresses without an end."""
    member = zlib.compressobj(9, zlib.DEFLATED, 31)
    for piece in pieces:
        yield member.compress(piece)


def endless(piece: bytes) -> Iterator[bytes]:
    return repeat(piece * (CHUNK // len(piece) + 1))


GOOD = b"".join(line(f"prompt {n}") + b"\n" for n in range(200))
HEADER_WITH_A_NAME = b"\x1f\x8b\x08\x08" + bytes(6)
CASES = {
    "one line": ("a.jsonl", endless(b"x"), "line-too-long", LINE),
    "one line, compressed": ("a.jsonl.gz", packed(endless(b"x")), "line-too-long", LINE),
    "one line after good ones": ("a.jsonl", chain([GOOD], endless(b'{"')), "line-too-long", LINE + len(GOOD)),
    "line ends": ("a.jsonl", endless(b"\n"), "reading-stopped", CHUNK),
    "line ends, compressed": ("a.jsonl.gz", packed(endless(b"\n")), "reading-stopped", CHUNK),
    "wrong lines": ("a.jsonl", endless(b"oops\n"), "reading-stopped", CHUNK),
    "a wrong line among good ones": ("a.jsonl", endless(GOOD + b"\n"), "file-too-large", TOTAL),
    "lines with many problems": (
        "a.jsonl",
        endless(b'{"messages":[' + b"{}," * 5000 + b"{}]}\n"),
        "reading-stopped",
        2 * CHUNK,
    ),
    "lines with warnings": ("a.jsonl", endless(line("nul \0") + b"\n"), "reading-stopped", 2 * CHUNK),
    "long lines with a problem": ("a.jsonl", endless(b"[" + b"{}," * 5000 + b"{}]\n"), "reading-stopped", TOTAL // 2),
    "good lines": ("a.jsonl", endless(GOOD), "file-too-large", TOTAL),
    "good lines, compressed": ("a.jsonl.gz", packed(endless(GOOD)), "file-too-large", TOTAL),
    "empty members": ("a.jsonl.gz", endless(gzip.compress(b"")), "reading-stopped", CHUNK),
    "padding": ("a.jsonl.gz", chain([gzip.compress(GOOD)], endless(b"\0")), "file-too-large", TOTAL),
    "a name in a header": ("a.jsonl.gz", chain([HEADER_WITH_A_NAME], endless(b"n")), "file-too-large", TOTAL),
}


def read(*files: tuple[str, Iterator[bytes]]) -> tuple[DatasetReader, list[Source]]:
    sources = [Source(pieces) for _, pieces in files]
    reader = DatasetReader(LineLimits(multi_turn=True), PromptIndex(1000), max_quarantined=10)
    named = zip(files, sources, strict=True)
    reader.read(InputFile(name, name, None, source) for (name, _), source in named)
    reader.check_files()
    reader.check_as_job_input()
    return reader, sources


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_endless_input_ends_within_its_bound_with_a_report(case: str) -> None:
    name, pieces, code, bound = CASES[case]
    reader, (source,) = read((name, pieces))
    report = validation_report(reader)
    assert code in [found["code"] for found in report["findings"]]
    assert not reader.complete
    assert reader.counts.bytes <= bound + 2 * CHUNK
    assert source.bytes <= bound + 2 * CHUNK
    json.dumps(report)


@settings(max_examples=cases(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(min_size=1, max_size=60), st.booleans())
@pytest.mark.slow
def test_any_endless_input_ends_with_an_error(piece: bytes, is_packed: bool) -> None:
    pieces = packed(endless(piece)) if is_packed else endless(piece)
    reader, (source,) = read(("a.jsonl.gz" if is_packed else "a.jsonl", pieces))
    assert reader.findings.errors
    assert not reader.complete
    assert source.bytes <= TOTAL + 2 * CHUNK


def test_a_bound_on_all_files_stops_before_the_next_one_and_a_bound_on_a_line_does_not() -> None:
    all_files, sources = read(("a.jsonl", endless(GOOD)), ("b.jsonl", endless(GOOD)))
    assert sources[1].bytes == 0
    assert [uri for uri, _ in all_files.sources] == ["a.jsonl"]
    one_line, sources = read(("a.jsonl", endless(b"x")), ("b.jsonl", iter([b"oops\n"])))
    assert one_line.counts.lines >= 1
    assert sources[1].bytes


def test_what_comes_before_damage_is_read() -> None:
    reader, _ = read(("a.jsonl.gz", chain([gzip.compress(GOOD) + b"rubbish"], endless(b"x"))))
    assert (reader.counts.prompts, [group.first.rule.code for group in reader.findings]) == (
        200,
        ["gzip-damaged", "packed-for-job"],
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        b"]" + b" " * 4_000_000 + b"x",
        b'"' + b" " * 4_000_000,
        b"{" + b",".join(b'"%x":0' % (n // 2) for n in range(300_000)) + b"}",
        b'{"messages":[' + b"0," * 1_000_000 + b"0]}",
    ],
    ids=["white space", "a string without its end", "duplicate keys", "values of a wrong type"],
)
def test_the_work_on_a_line_grows_with_its_length_and_not_with_its_square(text: bytes) -> None:
    """With the square, this would not end within hours."""
    explained = explain.explain(text, LineLimits(line_bytes=len(text)))
    assert 0 < len(explained.problems) <= MAX_PROBLEMS
