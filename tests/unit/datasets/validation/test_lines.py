"""Reading files as blocks of whole lines."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.validation import file_rules as rules
from distillery.datasets.validation import lines as module
from distillery.datasets.validation.finding import Rule, UnreadableFile
from distillery.datasets.validation.lines import CHUNK, LineBlock, open_stream, read_blocks

parts = st.lists(st.binary(max_size=40).filter(lambda part: b"\n" not in part))


@given(parts, st.integers(1, 9), st.booleans())
def test_lines_are_those_of_the_file_however_it_is_chunked(parts: list[bytes], size: int, ended: bool) -> None:
    body = b"\n".join(parts) + (b"\n" if ended else b"")
    stream = io.BytesIO(body)
    found = list(read_blocks(lambda _: stream.read(size), 1000))
    assert b"".join(block.raw for block in found) == body
    expected = body.split(b"\n")
    assert [line for block in found for line in block.lines] == (expected if expected[-1] else expected[:-1])
    assert [block.first for block in found] == [1 + body[: _before(found, n)].count(b"\n") for n in range(len(found))]


def _before(found: list[LineBlock], number: int) -> int:
    return sum(len(block.raw) for block in found[:number])


@pytest.mark.parametrize(("body", "cut_off"), [(b"a\nb\n", False), (b"a\nb", True)])
def test_a_last_line_without_a_line_end_is_marked(body: bytes, cut_off: bool) -> None:
    found = list(read_blocks(io.BytesIO(body).read, 10))
    assert [line for block in found for line in block.lines] == [b"a", b"b"]
    assert found[-1].cut_off is cut_off


def test_an_endless_line_takes_no_memory_and_is_counted_completely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    held: list[int] = []
    chunks = iter([b"x" * 10] * 1000 + [b"yz\nnext\n", b""])
    for block in read_blocks(lambda _: next(chunks), 15):
        held.append(len(block.raw))
        assert len(block.raw) + block.dropped == 10_000 + len(b"yz\nnext\n")
        assert block.lines[1] == b"next"
    assert held[0] < 100


def test_all_members_of_a_gzip_file_are_decompressed() -> None:
    body = gzip.compress(b"a\n") + gzip.compress(b"b\n") + b"\0" * 10  # padding, as tape drives leave it
    (block,) = read_blocks(open_stream("a.jsonl.gz", io.BytesIO(body)), 10)
    assert block.lines == [b"a", b"b"]


LONG = b"".join(b"%d\n" % n for n in range(3 * CHUNK))


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (gzip.compress(LONG)[:-20], rules.GZIP_CUT_OFF),
        (b"plain text", rules.NOT_PACKED),
        (b"", None),
        (gzip.compress(LONG)[:-8] + b"\x00" * 8, rules.GZIP_DAMAGED),
        (gzip.compress(LONG) + b"rubbish", rules.GZIP_DAMAGED),
    ],
)
def test_a_broken_gzip_file_is_distinguished_from_its_end(body: bytes, rule: Rule | None) -> None:
    read = open_stream("a.jsonl.gz", io.BytesIO(body))
    if rule is None:
        assert list(read_blocks(read, 10)) == []
        return
    with pytest.raises(UnreadableFile) as caught:
        list(read_blocks(read, 10))
    assert caught.value.rule is rule
