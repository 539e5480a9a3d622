"""Prepares a text for recognition: digits, spaces and punctuation of other scripts become those of ASCII.

Each character is replaced by one character, so positions in the folded text are positions in the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TO_ASCII = 0xFEE0
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63"
"""Hyphens, dashes and the minus sign."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LAST_DIGIT = 0x1FBF9

_NUMBERS = re.compile(r"[0-9][0-9 ()./-]{4,}[0-9]")
"""Digits with what may stand between those of one number. All such numbers have six characters or more."""
_MIN_DIGITS = 7
_ATTACHED = range(12, 20)
"""Numbers of cards may follow a word without a space."""
_DOTS = 3
"""An IPv4 address may have fewer digits, but has three dots."""
_DIGITS = re.compile(r"[0-9]+")
_ISO_DATE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_ASCII_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def fold_ascii(text: str) -> str:
    """The text with ASCII's digits, spaces, dashes and full-width characters, of the same length."""
    return text if text.isascii() else _NOT_ASCII.sub(lambda match: match[0].translate(_table()), text)


@cache
def _table() -> dict[int, str]:
    table = {code: chr(code - _TO_ASCII) for code in _FULL_WIDTH} | dict.fromkeys(map(ord, _DASHES), "-")
    for code in range(0x80, _LAST_DIGIT + 1):
        kind = unicodedata.category(chr(code))
        if kind == "Nd":
            table[code] = str(unicodedata.digit(chr(code)))
        elif kind == "Zs":
            table[code] = " "
    return table


class DigitGroup(NamedTuple):
    """A run of digits. gap: what stands between it and the run before; empty for the first one."""

    start: int
    stop: int
    gap: str


class Numbers(NamedTuple):
    """What may be one number or several in a row. digits, dots: how many there are of them."""

    groups: list[DigitGroup]
    digits: int
    dots: int


def find_numbers(text: str) -> Iterator[Numbers]:
    """Yields all that may be numbers of one of the recognizers, with few others."""
    for match in _NUMBERS.finditer(text):
        start, stop = match.span()
        raw = match[0]
        dots, digits = 0, stop - start
        if not raw.isdecimal():
            dots = raw.count(".")
            digits -= dots + sum(map(raw.count, " -/()"))
        if digits < _MIN_DIGITS and dots < _DOTS:
            continue
        if digits == stop - start:
            if digits in _ATTACHED or not (is_continued(text, start) or continues(text, stop)):
                yield Numbers([DigitGroup(start, stop, "")], digits, 0)
        elif not _ISO_DATE.fullmatch(raw):
            yield Numbers(_groups(text, start, stop), digits, dots)


def _groups(text: str, start: int, stop: int) -> list[DigitGroup]:
    groups: list[DigitGroup] = []
    last = start
    for match in _DIGITS.finditer(text, start, stop):
        groups.append(DigitGroup(match.start(), match.end(), text[last : match.start()]))
        last = match.end()
    return groups


def is_word(text: str, index: int) -> bool:
    """Whether an ASCII letter or a digit is at that position, or an underscore between two of them.

    Letters of other scripts do not count: Chinese and Japanese text has no space before a number.
    """
    if not 0 <= index < len(text):
        return False
    if text[index] == "_":
        return text[max(0, index - 1)] in _ASCII_WORD and text[index + 1 : index + 2] in _ASCII_WORD
    return text[index] in _ASCII_WORD


def continues(text: str, stop: int) -> bool:
    """Whether a number that ends here is part of a longer one, or of a word."""
    return is_word(text, stop) or (text[stop : stop + 1] in (".", ",") and text[stop + 1 : stop + 2].isdecimal())


def is_continued(text: str, start: int) -> bool:
    """Whether a number that begins here is part of a longer one, or of a word."""
    return is_word(text, start - 1) or (
        text[start - 1 : start] in (".", ",") and text[start - 2 : start - 1].isdecimal()
    )
