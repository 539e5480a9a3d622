"""Files that are something else than lines of UTF-8, by their first bytes."""

from distillery.datasets.validation.rules_table import Kind, text, whole

_OTHERS = {
    b"PK\x03\x04": "a zip archive or an Excel file",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\0": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"PAR1": "Parquet",
    b"%PDF": "PDF",
    b"Obj\x01": "Avro",
    b"ARROW1": "Arrow",
    b"SQLite format 3\0": "an SQLite database",
}
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"{\0", b"\0{", b"\0\0\0{", b"[\0", b"\0[")
"""Byte order marks of UTF-16 and UTF-32, and the first bracket without one."""


def disguised(beginning: bytes) -> tuple[Kind, str] | None:
    """What the file is instead, if that is known: nothing else is then said of it."""
    if beginning.startswith(b"\x1f\x8b"):
        return whole.PACKED, "it is packed with gzip and not named .gz"
    if beginning.startswith(_WIDE):
        return text.UTF_16, f"it begins with {beginning[:4].hex(' ').upper()}, as UTF-16 and UTF-32 do"
    for first, what in _OTHERS.items():
        if beginning.startswith(first):
            return whole.OTHER_FORMAT, f"it is {what}"
    return None
