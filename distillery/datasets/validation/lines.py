"""Reads files as blocks of whole lines, plain or gzip, holding at most a chunk and one line in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from distillery.datasets.validation import file_rules, line_rules
from distillery.datasets.validation.finding import UnreadableFile
from distillery.datasets.validation.gzip_stream import GZIP, GzipStream

CHUNK = 64 * 1024
MAX_SKIPPED_BYTES = 64 * 1024 * 1024
"""Bytes of one line after which the rest of its file is not read: it has no lines."""
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
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"{\0", b"\0{\0", b"\0\0\0{", b"[\0", b"\0[\0")
"""Byte order marks of UTF-16 and UTF-32, and the first bracket of files without one."""


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
        raise UnreadableFile(file_rules.PACKED, "it is compressed with gzip and not named .gz")
    if beginning.startswith(_UTF_16_OR_32):
        wrong = f"it begins with {beginning[:4].hex(' ').upper()}, as UTF-16 and UTF-32 do"
        raise UnreadableFile(line_rules.UTF_16, wrong)
    for signature, what in _SIGNATURES.items():
        if beginning.startswith(signature):
            raise UnreadableFile(file_rules.OTHER_FORMAT, f"it is {what}")


def open_stream(name: str, body: Any) -> Read:
    """Returns `read(n)` of the content, which is decompressed if the name ends in .gz.

    It raises UnreadableFile if the content cannot be decompressed, or if its first bytes show that it is not text.
    """
    plain: Read = body.read
    content = GzipStream(body).read if name.endswith(".gz") else plain
    is_first = True

    def read(size: int) -> bytes:
        nonlocal is_first
        chunk = content(size)
        if is_first:
            check_signature(chunk)
            is_first = False
        return chunk

    return read


def read_blocks(read: Read, limit: int) -> Iterator[LineBlock]:
    """Yields the lines of a stream. The middle of a line longer than `limit` plus a chunk is dropped.

    Raises:
        UnreadableFile: A line is longer than `MAX_SKIPPED_BYTES`.
    """
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
            if dropped > MAX_SKIPPED_BYTES:
                wrong = f"it has more than {MAX_SKIPPED_BYTES} bytes; the rest of the file is not read"
                raise UnreadableFile(line_rules.LINE_TOO_LONG, wrong, line=number)
    if held:
        yield LineBlock(number, held, [held], dropped, cut_off=True)
