"""Reads a file record by record, each with its line: JSON lines, one JSON array, or CSV."""

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.datasets.validation.decoding import parse_json
from distillery.datasets.validation.finding import UnreadableFile, UnreadableLine
from distillery.datasets.validation.lines import CHUNK, LineBlock, Read, read_blocks

MAX_RECORD = 4 * 1024 * 1024
"""Bytes of a record. A line of a data set has 16 KB at most."""


@dataclass(frozen=True, slots=True)
class Record:
    """line: where it begins, from 1. reason: why it could not be read; value is then None."""

    line: int
    value: Any = None
    reason: str = ""


def transcoded(read: Read, encoding: str) -> Read:
    """Returns a read of UTF-8 without a byte order mark. Raises UnreadableFile for bytes of another encoding."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return _without_mark(read)
    decoder = codecs.getincrementaldecoder(encoding)()

    def decode(size: int) -> bytes:
        while True:
            chunk = read(size)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise BadRequest(
                    f"the file is not in the encoding {encoding} ({error.reason}); name another one"
                ) from error
            if text or not chunk:
                return text.encode("utf-8", "surrogatepass")

    return _without_mark(decode)


def _without_mark(read: Read) -> Read:
    is_first = True

    def start(size: int) -> bytes:
        nonlocal is_first
        chunk = read(size)
        if is_first:
            is_first = False
            without = chunk.removeprefix(codecs.BOM_UTF8)
            return without if without or not chunk else read(size)
        return chunk

    return start


def json_records(read: Read) -> Iterator[Record]:
    """Reads JSON lines, or one array if the file begins with a bracket. Blank lines between are no records."""
    first = read(CHUNK)
    while first and not first.strip():
        more = read(CHUNK)
        if not more:
            break
        first += more
    begun = _after(first, read)
    return _array(begun) if first.lstrip()[:1] == b"[" else _json_lines(begun)


def _after(first: bytes, read: Read) -> Read:
    held = first

    def again(size: int) -> bytes:
        nonlocal held
        given, held = held, b""
        return given or read(size)

    return again


def _lines(read: Read) -> Iterator[tuple[int, bytes, int, bool]]:
    """Yields the number, the line, the bytes that are missing from it, and whether the file ends within it."""
    for block in read_blocks(read, MAX_RECORD):
        yield from _of_block(block)


def _of_block(block: LineBlock) -> Iterator[tuple[int, bytes, int, bool]]:
    for index, line in enumerate(block.lines):
        yield block.first + index, line, 0 if index else block.dropped, block.cut_off


def _json_lines(read: Read) -> Iterator[Record]:
    for number, line, dropped, cut_off in _lines(read):
        if not line.strip():
            continue
        if dropped or len(line) > MAX_RECORD:
            yield Record(number, reason=f"it has {len(line) + dropped} bytes; up to {MAX_RECORD} are read")
            continue
        try:
            yield _parsed(number, line.decode().removeprefix("\ufeff"), cut_off=cut_off)
        except UnicodeDecodeError as error:
            yield Record(number, reason=f"byte {error.start + 1} is not valid UTF-8; see --encoding")


def _parsed(number: int, text: str, *, cut_off: bool = False) -> Record:
    try:
        parsed = parse_json(text, cut_off=cut_off)
    except UnreadableLine as error:
        return Record(number, reason=error.problem.wrong)
    except RecursionError:
        return Record(number, reason="its brackets are nested too deeply")
    if parsed.has_duplicate_keys:
        return Record(number, reason="an object has the same key twice")
    return Record(number, parsed.value)


def _array(read: Read) -> Iterator[Record]:
    """Reads the elements one by one. After one that is not JSON, nobody knows where the next begins."""
    text, ended = _Text(read), False
    number, _ = text.separators()
    number += 1
    text.skip(1)
    while not ended:
        skipped, char = text.separators()
        number += skipped
        if char in ("]", ""):
            if char == "" or not text.only_space_follows():
                yield Record(number, reason="the array does not end, or something follows it; the rest was not read")
            return
        element, reason = text.element()
        if element is None:
            yield Record(number, reason=f"{reason}; the rest of the array was not read")
            ended = True
        else:
            yield _parsed(number, element)
            number += element.count("\n")


class _Text:
    """A window on the text of a file."""

    def __init__(self, read: Read) -> None:
        self._read, self._decoder = read, codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text, self._at, self._ended = "", 0, False
        self._scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().raw_decode

    def fill(self, size: int) -> None:
        """Reads `size` more bytes, or to the end."""
        parts, left = [self._text[self._at :]], size
        while left > 0 and not self._ended:
            chunk = self._read(CHUNK)
            self._ended = not chunk
            parts.append(self._decoder.decode(chunk, final=not chunk))
            left -= len(chunk)
        self._text, self._at = "".join(parts), 0

    def skip(self, count: int) -> None:
        self._at += count

    def separators(self) -> tuple[int, str]:
        """Skips white space and commas. Returns the number of lines, and the next character, empty at the end."""
        count = 0
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n,":
                count += self._text[self._at] == "\n"
                self._at += 1
            if self._at < len(self._text) or self._ended:
                return count, self._text[self._at : self._at + 1]
            self.fill(CHUNK)

    def element(self) -> tuple[str | None, str]:
        """Returns the next element, or None and the reason why there is none."""
        size = CHUNK
        while True:
            try:
                _, end = self._scan(self._text, self._at)
            except RecursionError:
                return None, "its brackets are nested too deeply"
            except ValueError as error:
                reason = f"it is not JSON ({getattr(error, 'msg', 'a number is too long').lower()})"
            else:
                if end < len(self._text) or self._ended:
                    element, self._at = self._text[self._at : end], end
                    return element, ""
            if self._ended:
                return None, reason
            if len(self._text) - self._at > MAX_RECORD:
                return None, f"it is not JSON, or has more than {MAX_RECORD} characters"
            self.fill(size)
            size *= 2

    def only_space_follows(self) -> bool:
        self.skip(1)
        while not self._text[self._at :].strip():
            if self._ended:
                return True
            self._at = len(self._text)
            self.fill(CHUNK)
        return False


def csv_records(read: Read, delimiter: str, required: tuple[str, ...]) -> Iterator[Record]:
    """Reads rows as objects of their columns' names. Raises BadRequest if a required column is missing."""
    csv.field_size_limit(MAX_RECORD)
    rows = csv.reader(_csv_lines(read), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        before = rows.line_num
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            yield Record(before + 1, reason=f"it is not CSV ({error})")
            continue
        if not row:
            continue
        if header is None:
            header = _checked_header(row, required)
        elif len(row) != len(header):
            yield Record(before + 1, reason=f"it has {len(row)} fields, and the header has {len(header)}")
        elif any("\udc80" <= char <= "\udcff" for field in row for char in field if char > "\ud7ff"):
            yield Record(before + 1, reason="a byte is not valid UTF-8; see --encoding")
        else:
            yield Record(before + 1, dict(zip(header, row, strict=True)))
    if header is None:
        raise BadRequest("the file has no header; its first row must name the columns")


def _csv_lines(read: Read) -> Iterator[str]:
    for _, line, dropped, cut_off in _lines(read):
        end = "" if cut_off else "\n"
        yield "\0" if dropped else line.decode("utf-8", "surrogateescape") + end


def _checked_header(row: list[str], required: tuple[str, ...]) -> list[str]:
    for name in required:
        if row.count(name) != 1:
            there = "twice" if name in row else "not there"
            columns = ", ".join(quoted(column, 40) for column in row[:20])
            raise BadRequest(f"the column {quoted(name, 40)} is {there}; the columns are {columns}")
    return row


__all__ = ["MAX_RECORD", "Record", "UnreadableFile", "csv_records", "json_records", "transcoded"]
