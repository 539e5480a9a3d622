"""The lines of a packed log file, as far as it is whole."""

import gzip
import zlib
from collections.abc import Iterator
from typing import IO

from lambdas.collection.logged_call import DAMAGED

LINE_MAX_BYTES = 4 * 1024**2
"""More than any record: both bodies have at most 100 KB, and JSON may need six bytes for one."""


def unpacked_lines(packed: IO[bytes]) -> Iterator[bytes]:
    """Iterate over the lines without loading the whole file. A damaged file ends with the line DAMAGED.

    A file of one endless line is damaged too.
    """
    with gzip.GzipFile(fileobj=packed, mode="rb") as unpacked:
        try:
            while line := unpacked.readline(LINE_MAX_BYTES):
                if len(line) == LINE_MAX_BYTES:
                    yield DAMAGED
                    break
                yield line
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield DAMAGED
