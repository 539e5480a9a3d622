"""Lines out of a stream."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.dataset import lines as module
from lambdas.dataset.lines import Unreadable, lines, reader


@given(st.lists(st.binary(max_size=40).filter(lambda part: b"\n" not in part)), st.integers(1, 9), st.integers(1, 50))
def test_lines_are_those_of_the_file_however_it_is_chunked(parts: list[bytes], size: int, limit: int) -> None:
    stream = io.BytesIO(b"".join(part + b"\n" for part in parts))
    found = list(lines(lambda _: stream.read(size), limit))
    assert found == [part[: limit + 1] for part in parts]


def test_the_last_line_needs_no_end() -> None:
    assert list(lines(io.BytesIO(b"a\nb").read, 10)) == [b"a", b"b"]


def test_an_endless_line_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    chunks = iter([b"x" * 10] * 1000 + [b"\nnext\n", b""])
    assert list(lines(lambda _: next(chunks), 15)) == [b"x" * 16, b"next"]


def test_a_packed_file_is_unpacked() -> None:
    assert list(lines(reader("a.jsonl.gz", io.BytesIO(gzip.compress(b"a\nb\n"))), 10)) == [b"a", b"b"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(b"a\n" * 100_000)[:-20], "cut off"),
        (b"plain text", "not a sound gzip file"),
        (gzip.compress(b"abc" * 1000)[:12] + b"\x00" * 40, "not a sound gzip file"),
    ],
)
def test_a_broken_packed_file_is_told_from_an_end(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        list(lines(reader("a.jsonl.gz", io.BytesIO(body)), 10))
