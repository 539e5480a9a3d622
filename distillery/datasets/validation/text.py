"""From a line's bytes to text."""

import codecs

from distillery.datasets.validation.problem import NoRecord
from distillery.datasets.validation.rules_table import text as kinds

UTF_16_SHARE = 0.3
"""Of a line's bytes, the NUL bytes from which it is taken for UTF-16: half of them in Latin text, fewer in mixed."""


def text_of(line: bytes, *, length: int, limit: int) -> str:
    """length: of the whole line in bytes, of which `line` may be the beginning. Raises NoRecord."""
    if length > limit:
        raise NoRecord(kinds.LINE_TOO_LONG, f"it has {length} bytes")
    if not line.strip():
        raise NoRecord(kinds.BLANK_LINE, "it is empty")
    if line.startswith(codecs.BOM_UTF8):
        raise NoRecord(kinds.BYTE_ORDER_MARK, "it begins with a byte order mark (EF BB BF)")
    if b"\0" in line:
        raise _nul(line)
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise NoRecord(kinds.NOT_UTF_8, f"byte {error.start + 1} is {line[error.start]:02X}, no UTF-8") from error


def _nul(line: bytes) -> NoRecord:
    if line.count(0) > UTF_16_SHARE * len(line):
        return NoRecord(kinds.UTF_16, f"{line.count(0)} of its {len(line)} bytes are NUL, as in UTF-16 text")
    return NoRecord(kinds.NUL_BYTE, f"byte {line.index(0) + 1} is NUL")
