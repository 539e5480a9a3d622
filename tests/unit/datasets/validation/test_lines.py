"""Blocks of whole lines out of a stream."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.validation import lines as module
from distillery.datasets.validation.lines import CHUNK, Block, Unreadable, blocks, reader
from distillery.datasets.validation.rules_table import Kind, whole

parts = st.lists(st.binary(max_size=40).filter(lambda part: b"\n" not in part))


@given(parts, st.integers(1, 9), st.booleans())
def test_lines_are_those_of_the_file_however_it_is_chunked(parts: list[bytes], size: int, ended: bool) -> None:
    body = b"\n".join(parts) + (b"\n" if ended else b"")
    stream = io.BytesIO(body)
    found = list(blocks(lambda _: stream.read(size), 1000))
    assert b"".join(block.raw for block in found) == body
    expected = body.split(b"\n")
    assert [line for block in found for line in block.lines] == (expected if expected[-1] else expected[:-1])
    assert [block.first for block in found] == [1 + body[: _before(found, n)].count(b"\n") for n in range(len(found))]


def _before(found: list[Block], number: int) -> int:
    return sum(len(block.raw) for block in found[:number])


@pytest.mark.parametrize(("body", "cut_off"), [(b"a\nb\n", False), (b"a\nb", True)])
def test_a_last_line_without_an_end_is_a_line_and_is_known_by_it(body: bytes, cut_off: bool) -> None:
    found = list(blocks(io.BytesIO(body).read, 10))
    assert [line for block in found for line in block.lines] == [b"a", b"b"]
    assert found[-1].cut_off is cut_off


def test_an_endless_line_takes_no_memory_and_is_counted_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    held: list[int] = []
    chunks = iter([b"x" * 10] * 1000 + [b"yz\nnext\n", b""])
    for block in blocks(lambda _: next(chunks), 15):
        held.append(len(block.raw))
        assert len(block.raw) + block.let_go == 10_000 + len(b"yz\nnext\n")
        assert block.lines[1] == b"next"
    assert held[0] < 100


def test_a_packed_file_is_unpacked_all_its_members() -> None:
    body = gzip.compress(b"a\n") + gzip.compress(b"b\n") + b"\0" * 10  # padding, as tape drives leave it
    (block,) = blocks(reader("a.jsonl.gz", io.BytesIO(body)), 10)
    assert block.lines == [b"a", b"b"]


LONG = b"".join(b"%d\n" % n for n in range(3 * CHUNK))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (gzip.compress(LONG)[:-20], whole.GZIP_CUT_OFF),
        (b"plain text", whole.NOT_PACKED),
        (b"", None),
        (gzip.compress(LONG)[:-8] + b"\x00" * 8, whole.GZIP_DAMAGED),
        (gzip.compress(LONG) + b"rubbish", whole.GZIP_DAMAGED),
    ],
)
def test_a_broken_packed_file_is_told_from_an_end(body: bytes, kind: Kind | None) -> None:
    read = reader("a.jsonl.gz", io.BytesIO(body))
    if kind is None:
        assert list(blocks(read, 10)) == []
        return
    with pytest.raises(Unreadable) as caught:
        list(blocks(read, 10))
    assert caught.value.kind is kind
