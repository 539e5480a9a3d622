"""Decompresses a gzip file as it is read, with bounds on what one costs.

Python's `gzip` reads the file name in a header byte by byte and skips empty members without returning, so that a small
file can keep it busy for hours. zlib parses headers in C and returns after every member.
"""

import zlib
from typing import Any

from distillery.core.limits import MAX_FILE_BYTES
from distillery.datasets.validation import file_rules as rules
from distillery.datasets.validation.finding import ReadingStopped, UnreadableFile

GZIP = b"\x1f\x8b"
MAX_PACKED_BYTES = MAX_FILE_BYTES
"""Compressed bytes after which reading stops. gzip never makes the largest data set larger than this."""
MAX_MEMBERS = 1_000_000
"""Members (RFC 1952, 2.2) after which reading stops: more than one for each prompt of the largest data set."""
_CHUNK = 64 * 1024
_GZIP_WINDOW = 31
"""zlib's `wbits` for gzip with its header and its checksum."""


class GzipStream:
    """Decompresses `body`, which has `read(n)`. Several members are one file; NULs after a member are padding."""

    def __init__(self, body: Any) -> None:
        self._body, self._packed, self._head = body, b"", b""
        self._member: Any = None
        self._error: UnreadableFile | None = None
        self._packed_bytes = self._bytes = self._members = 0

    def read(self, size: int) -> bytes:
        """Returns `size` bytes, fewer before an error or the end, and none at the end. Raises UnreadableFile."""
        parts, left = [], size
        while left and self._error is None:
            try:
                part = self._next(left)
            except UnreadableFile as error:
                self._error = error  # what comes before it is read first
                break
            if not part:
                break
            parts.append(part)
            left -= len(part)
            self._bytes += len(part)  # an error in what follows says how many came before
        if not parts and self._error is not None:
            raise self._error
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        """Returns at least one byte, and none at the end."""
        while self._member is not None or self._begin_member():
            try:
                content: bytes = self._member.decompress(self._packed, size)
            except zlib.error as error:
                raise self._damaged() from error
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._packed, self._member = self._member.unused_data, None
            elif not content and not self._fill():
                raise self._cut_off()
            if content:
                return content
        return b""

    def _begin_member(self) -> bool:
        """Whether there is another member."""
        while True:
            if self._members:
                self._packed = self._packed.lstrip(b"\0")
            if self._packed:
                break
            if not self._fill():
                return False
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise ReadingStopped(rules.READING_STOPPED, f"it has more than {MAX_MEMBERS} gzip members")
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        return True

    def _fill(self) -> bool:
        """Whether there are more compressed bytes."""
        chunk: bytes = self._body.read(_CHUNK)
        self._packed += chunk
        self._packed_bytes += len(chunk)
        if len(self._head) < len(GZIP):
            self._head = (self._head + chunk)[: len(GZIP)]
        if self._packed_bytes > MAX_PACKED_BYTES:
            wrong = f"reading stopped after {self._packed_bytes} compressed bytes"
            raise ReadingStopped(rules.FILE_TOO_LARGE, wrong)
        return bool(chunk)

    def _damaged(self) -> UnreadableFile:
        if self._head != GZIP:
            return UnreadableFile(rules.NOT_PACKED, "it is named .gz and is not compressed with gzip")
        return UnreadableFile(rules.GZIP_DAMAGED, f"it is corrupt after {self._bytes} uncompressed bytes")

    def _cut_off(self) -> UnreadableFile:
        if not GZIP.startswith(self._head):
            return self._damaged()
        return UnreadableFile(rules.GZIP_CUT_OFF, f"it is truncated after {self._bytes} uncompressed bytes")
