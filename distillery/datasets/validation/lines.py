"""Reads files as blocks of whole lines, plain or gzip, holding at most a chunk and one line in memory."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from distillery.datasets.validation import rules_table as rules
from distillery.datasets.validation.finding import Rule

CHUNK = 64 * 1024
GZIP = b"\x1f\x8b"
Read = Callable[[int], bytes]

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\0": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"PAR1": "Parquet",
    b"%PDF": "PDF",
    b"Obj\x01": "Avro",
    b"ARROW1": "Arrow",
    b"SQLite format 3\0": "an SQLite database",
}
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"{\0", b"\0{", b"\0\0\0{", b"[\0", b"\0[")
"""Byte order marks of UTF-16 and UTF-32, and the first bracket of files without one."""


class UnreadableFile(Exception):
    """The file cannot be read further: the rule it breaks, and what is wrong."""

    def __init__(self, rule: Rule, wrong: str) -> None:
        super().__init__(wrong)
        self.rule, self.wrong = rule, wrong


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Consecutive lines of a file.

    first: number of the first line, from 1. raw: the bytes with line ends; lines: without. dropped: bytes missing from
    the middle of the first line, which was too long to hold. cut_off: the file ends without a line end.
    """

    first: int
    raw: bytes
    lines: list[bytes]
    dropped: int = 0
    cut_off: bool = False


def check_signature(beginning: bytes) -> None:
    """Raises UnreadableFile if the first bytes of a file show that it is not lines of UTF-8."""
    if beginning.startswith(GZIP):
        raise UnreadableFile(rules.PACKED, "it is compressed with gzip and not named .gz")
    if beginning.startswith(_UTF_16_OR_32):
        wrong = f"it begins with {beginning[:4].hex(' ').upper()}, as UTF-16 and UTF-32 do"
        raise UnreadableFile(rules.UTF_16, wrong)
    for signature, what in _SIGNATURES.items():
        if beginning.startswith(signature):
            raise UnreadableFile(rules.OTHER_FORMAT, f"it is {what}")


def open_stream(name: str, body: Any) -> Read:
    """Returns `read(n)` of the content, which is decompressed if the name ends in .gz."""
    plain: Read = body.read
    return _decompressed(body) if name.endswith(".gz") else plain


def _decompressed(body: Any) -> Read:
    """Several gzip members are one file (RFC 1952, 2.2). Reading raises UnreadableFile."""
    compressed, total = _HeadRecorder(body), 0
    file = gzip.GzipFile(fileobj=compressed, mode="rb")  # type: ignore[call-overload]  # it only calls `read`

    def read(size: int) -> bytes:
        nonlocal total
        try:
            chunk: bytes = file.read(size)
        except EOFError as error:
            raise UnreadableFile(rules.GZIP_CUT_OFF, f"it is truncated after {total} uncompressed bytes") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            if compressed.head != GZIP:
                raise UnreadableFile(rules.NOT_PACKED, "it is named .gz and is not compressed with gzip") from error
            raise UnreadableFile(rules.GZIP_DAMAGED, f"it is corrupt after {total} uncompressed bytes") from error
        total += len(chunk)
        return chunk

    return read


class _HeadRecorder:
    """A stream that records its first two bytes."""

    def __init__(self, body: Any) -> None:
        self._body, self.head = body, b""

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._body.read(size)
        if len(self.head) < len(GZIP):
            self.head = (self.head + chunk)[: len(GZIP)]
        return chunk


def read_blocks(read: Read, limit: int) -> Iterator[LineBlock]:
    """Yields the lines of a stream. The middle of a line longer than `limit` plus a chunk is dropped."""
    number, held, dropped = 1, b"", 0
    while chunk := read(CHUNK):
        end = chunk.rfind(b"\n") + 1
        if end:
            raw, held = held + chunk[:end], chunk[end:]
            lines = raw.split(b"\n")
            lines.pop()
            yield LineBlock(number, raw, lines, dropped)
            number, dropped = number + len(lines), 0
        else:
            held += chunk
            if len(held) > limit + CHUNK:
                held, dropped = held[: limit + 1], dropped + len(held) - limit - 1
    if held:
        yield LineBlock(number, held, [held], dropped, cut_off=True)
