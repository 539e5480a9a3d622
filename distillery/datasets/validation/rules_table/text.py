"""Bytes that are no line of text."""

from distillery.core.limits import MAX_LINE_BYTES
from distillery.datasets.validation.rules_table.kind import error

LINE_TOO_LONG = error(
    "line-too-long",
    "a line is longer than Bedrock takes",
    f"{MAX_LINE_BYTES} bytes of UTF-8 a line (16 KB, General Reference, Bedrock quotas)",
    "shorten the prompt, or split it into several",
)
BLANK_LINE = error(
    "blank-line",
    "a line is empty or holds only white space",
    "one JSON object on every line",
    "remove it: `sed -i '/^[[:space:]]*$/d' FILE`",
)
BYTE_ORDER_MARK = error(
    "byte-order-mark",
    "the file begins with a byte order mark, as Excel, Notepad and PowerShell write it",
    "UTF-8 without a byte order mark",
    "remove it: `sed -i '1s/^\\xEF\\xBB\\xBF//' FILE`",
)
UTF_16 = error(
    "utf-16",
    "the text is UTF-16 or UTF-32",
    "UTF-8",
    "convert it: `iconv -f UTF-16 -t UTF-8 FILE > MENDED`",
)
NOT_UTF_8 = error(
    "not-utf-8",
    "a byte is not UTF-8; Latin-1 and Windows-1252 are the usual reasons",
    "UTF-8",
    "convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE > MENDED`, or mend that character",
)
NUL_BYTE = error(
    "nul-byte",
    "a line holds a NUL byte, as after a crash or a copy of binary data",
    "text; inside of a JSON string NUL would be written \\u0000",
    "remove it: `tr -d '\\000' < FILE > MENDED`, and look at what is left",
)

TEXT = (LINE_TOO_LONG, BLANK_LINE, BYTE_ORDER_MARK, UTF_16, NOT_UTF_8, NUL_BYTE)
