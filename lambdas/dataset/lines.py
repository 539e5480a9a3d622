"""Lines out of a stream of bytes, plain or gzip, without ever holding more than one of them."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

CHUNK = 64 * 1024


class Unreadable(Exception):
    """The stream is no gzip file, or a cut or damaged one."""


def reader(name: str, body: Any) -> Callable[[int], bytes]:
    """`read(n)` of the content: unpacked where the name says that it is packed."""
    return _unpacked(body) if name.endswith(".gz") else body.read


def _unpacked(body: Any) -> Callable[[int], bytes]:
    file = gzip.GzipFile(fileobj=body, mode="rb")

    def read(size: int) -> bytes:
        try:
            return file.read(size)
        except EOFError as error:
            raise Unreadable("the gzip file is cut off; upload it whole") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(
                "is not a sound gzip file; pack it again, or name it .jsonl if it is not packed"
            ) from error

    return read


def lines(read: Callable[[int], bytes], limit: int) -> Iterator[bytes]:
    """Each line without its end. Of a line longer than `limit` the first `limit` + 1 bytes are given, so that it
    shows as too long and takes no memory."""
    held, cut = b"", False
    while chunk := read(CHUNK):
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            yield held if cut else (held + part)[: limit + 1]
            held, cut = b"", False
        if not cut:
            held = (held + rest)[: limit + 1]
            cut = len(held) > limit
    if held:
        yield held
