"""Bank accounts (IBAN) and US social security numbers, by the check digits and structures of python-stdnum."""

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.us import ssn

from distillery.datasets.curation.recognizers.context import AFTER, BEFORE, Leaning, Words, leaning
from distillery.datasets.curation.recognizers.folded import DigitGroup, continues, is_continued, is_word

_IBAN_START = re.compile(r"[0-9][0-9](?:(?<=[A-Za-z][A-Za-z]..)|(?<=[A-Z][A-Z] ..))")
"""Begins with a digit, because searching for a letter first would try nearly every position of a text."""
_IBAN_CHARACTERS = re.compile(r"[A-Za-z0-9](?:[ .-]{0,2}[A-Za-z0-9]){14,33}")
_IBAN_LENGTHS = range(15, 35)
_SSN_WORDS = Words.of("ssn social")


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Yields IBANs. Only the length of its country fits the check digits, so a BIC or an amount may follow."""
    stop = 0
    for match in _IBAN_START.finditer(text):
        start = match.start() - (3 if text[match.start() - 1] == " " else 2)
        if start < stop or (is_word(text, start - 1) and text[max(0, start - 4) : start].upper() != "IBAN"):
            continue
        if (run := _IBAN_CHARACTERS.match(text, start)) and (length := _iban_length(run[0], text, start)):
            stop = start + length
            yield start, stop


def _iban_length(run: str, text: str, start: int) -> int:
    """The number of characters of the IBAN at the beginning of the run; 0 if there is none."""
    characters = [index for index, character in enumerate(run) if character not in " .-"]
    for count in _IBAN_LENGTHS:
        if count > len(characters):
            return 0
        length = characters[count - 1] + 1
        if not is_word(text, start + length):
            number = "".join(run[index] for index in characters[:count])
            if _has_check_digits(number) and iban.is_valid(number, check_country=False):
                return length
    return 0


def _has_check_digits(number: str) -> bool:
    """ISO 7064 MOD 97-10, before the slower comparison with the structure of the country's numbers."""
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97 == 1


def find_ssns(text: str, groups: list[DigitGroup]) -> Iterator[tuple[int, int]]:
    """Yields US social security numbers: with hyphens, and where the text says so also with spaces or nothing."""
    for index, first in enumerate(groups):
        count = {9: 1, 3: 3}.get(first.stop - first.start)
        of = groups[index : index + (count or 0)]
        if [group.stop - group.start for group in of] not in ([9], [3, 2, 4]):
            continue
        start, stop, gaps = first.start, of[-1].stop, {group.gap for group in of[1:]}
        digits = "".join(text[group.start : group.stop] for group in of)
        if gaps != {"-"} and not _may_be_named(text, start, stop):
            continue
        if _is_part(text, start, stop) or not ssn.is_valid(f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"):
            continue
        said = leaning(text, start, stop, _SSN_WORDS)
        if said.speaks_for or (gaps == {"-"} and said is Leaning.UNKNOWN):
            yield start, stop


def _may_be_named(text: str, start: int, stop: int) -> bool:
    """Whether a word that names such a number is near: most of nine digits have none, and need no closer look."""
    around = text[max(0, start - BEFORE) : stop + AFTER].lower()
    return any(word in around for word in _SSN_WORDS.whole)


def _is_part(text: str, start: int, stop: int) -> bool:
    hyphens = text[start - 1 : start] == "-" or text[stop : stop + 1] == "-"
    return hyphens or is_continued(text, start) or continues(text, stop)
