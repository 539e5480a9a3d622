"""Files as blocks of whole lines, plain or gzip, never holding more than a chunk and one line."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from distillery.datasets.validation.rules_table import Kind, whole

CHUNK = 64 * 1024
GZIP = b"\x1f\x8b"
Read = Callable[[int], bytes]


class Unreadable(Exception):
    """The stream cannot be read on: what kind of finding that is, and its sentence."""

    def __init__(self, kind: Kind, wrong: str) -> None:
        super().__init__(wrong)
        self.kind, self.wrong = kind, wrong


@dataclass(frozen=True, slots=True)
class Block:
    """Lines as they stand in the file.

    first: the number of the first one, from 1; raw: their bytes with line ends; lines: without; let_go: bytes missing
    in the middle of the first one, which was too long to be held; cut_off: the file ends without a line end.
    """

    first: int
    raw: bytes
    lines: list[bytes]
    let_go: int = 0
    cut_off: bool = False


def reader(name: str, body: Any) -> Read:
    """`read(n)` of the content: unpacked where the name says that it is packed."""
    plain: Read = body.read
    return _unpacked(body) if name.endswith(".gz") else plain


def _unpacked(body: Any) -> Read:
    """Several members are one file (RFC 1952, 2.2). Raises Unreadable."""
    packed, given = _Head(body), 0
    file = gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload]  # all that it calls is `read`

    def read(size: int) -> bytes:
        nonlocal given
        try:
            chunk: bytes = file.read(size)
        except EOFError as error:
            raise Unreadable(whole.GZIP_CUT_OFF, f"it ends too early, after {given} bytes unpacked") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            if packed.head != GZIP:
                raise Unreadable(whole.NOT_PACKED, "it is named .gz and is not packed with gzip") from error
            raise Unreadable(whole.GZIP_DAMAGED, f"it is damaged after {given} bytes unpacked") from error
        given += len(chunk)
        return chunk

    return read


class _Head:
    """A stream that remembers how it began."""

    def __init__(self, body: Any) -> None:
        self._body, self.head = body, b""

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._body.read(size)
        if len(self.head) < len(GZIP):
            self.head = (self.head + chunk)[: len(GZIP)]
        return chunk


def blocks(read: Read, limit: int) -> Iterator[Block]:
    """The stream's lines. Of a line that is longer than `limit` and than a chunk the middle is let go."""
    number, held, let_go = 1, b"", 0
    while chunk := read(CHUNK):
        end = chunk.rfind(b"\n") + 1
        if end:
            raw, held = held + chunk[:end], chunk[end:]
            lines = raw.split(b"\n")
            lines.pop()
            yield Block(number, raw, lines, let_go)
            number, let_go = number + len(lines), 0
        else:
            held += chunk
            if len(held) > limit + CHUNK:
                held, let_go = held[: limit + 1], let_go + len(held) - limit - 1
    if held:
        yield Block(number, held, [held], let_go, cut_off=True)
