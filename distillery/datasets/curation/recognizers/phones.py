"""Telephone numbers, by the countries' plans (`plans`).

A number with its country's code is one if the country's plan has it. A national number is one if it is written exactly
as in its country and looks like nothing else, or if the text speaks of a telephone.
"""

import re
from collections.abc import Iterator

from distillery.datasets.curation.recognizers.context import BEFORE, Leaning, Words, leaning
from distillery.datasets.curation.recognizers.folded import DigitGroup, continues, is_continued, is_word
from distillery.datasets.curation.recognizers.plans import AMOUNT, formats, is_possible, is_valid

_GAP = re.compile(r" ?[-/] ?|\.| |[ -]?\(|\)[ -/]?")
_MAX_GROUPS = 8
_MIN_DIGITS, _MAX_DIGITS = 7, 15
_MAX_PLAIN_DIGITS = 13
"""The most digits in a row of a number that begins with no zero, and without a country's code."""
_PLAIN_DIGITS = 9
"""The fewest digits of a national number where no word names it."""
_OPENING = re.compile(r"(?:\+ ?)?\(?$")
_EXTENSION = re.compile(r"(?i)x\.?\d{1,6}\b|ext")
_INTERNATIONAL_PREFIXES = ("00", "011")
_CODE = re.compile(r"\+|\b0")
_TRUNK_PREFIXES = "18"
"""Of North America and Russia; the national form may leave them out."""
_NORTH_AMERICAN = re.compile(r"[2-9]\d\d([-.])\d{3}\1\d{4}")
_NORTH_AMERICAN_SHAPE = re.compile(r"[2-9]\d\d(?:\) ?|-)\d{3}-\d{4}")
"""Counts outside of all ranges too: 555 is the area code of examples."""
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)?\d\d")

_WORDS = Words.of(
    "tel phone phones cellphone call called calling dial cell cellular mobile mobiles fax ring sms text whatsapp "
    "hotline landline reach ph whats natel rufen ruf erreichen erreichbar tél portable gsm joindre joignable bel "
    "bellen bereikbaar móvil movil cel celular celulares cellulare telemóvel telemovel ligue ligar nås soita tlf "
    "hubungi gọi cep arayın",
    beginnings="telephone telefon telefoon teléfono telefone telepon téléphon telephon handy mobil anruf rückruf appel "
    "llam llám chiam zadzwo komórk puhelin",
    endings="telefon telefonnummer handynummer telefoon",
    anywhere="тел. тел: телеф звон моб τηλ κινητ 電話 携帯 电话 手机 手機 拨打 致电 联系方式 我的号码 전화 휴대 "
    "핸드폰 연락 फ़ोन फ़ोन फोन मोबाइल هاتف جوال موبايل اتصل טלפון נייד โทร điện",
    phrases="my number,our number,contact number,meine nummer,mon numéro,mi número,mio numero,meu número,mój numer,"
    "mijn nummer,mitt nummer,mit nummer,мой номер",
)


def find_phones(text: str, groups: list[DigitGroup]) -> Iterator[tuple[int, int]]:
    """Yields telephone numbers."""
    index, said, first = 0, None, groups[0].start
    while index < len(groups):
        chain = _chain(groups, index)
        counts = list(_counts(text, chain))
        if not counts:
            index += 1
            continue
        opening = _OPENING.search(text, max(0, chain[0].start - 3), chain[0].start)
        signs = opening[0] if opening else ""
        if "+" in signs:
            count = _international(text, chain, counts)
        elif chain[0].start - first > BEFORE:
            count = _national(text, chain, counts, Leaning.UNKNOWN)
        else:
            said = said or leaning(text, first, groups[-1].stop, _WORDS)
            count = _national(text, chain, counts, said)
        if count:
            start, stop = chain[0].start, chain[count - 1].stop
            yield (start - len(signs) if "+" in signs or ")" in text[start:stop] else start), stop
        index += count or 1


def _chain(groups: list[DigitGroup], index: int) -> list[DigitGroup]:
    """The groups from this one on that may be one number."""
    chain = [groups[index]]
    for group in groups[index + 1 : index + _MAX_GROUPS]:
        if not _GAP.fullmatch(group.gap):
            break
        chain.append(group)
    return chain


def _international(text: str, chain: list[DigitGroup], counts: list[int]) -> int:
    """The number of groups that are one number with its country's code; 0 if none are."""
    before = text.rindex("+", 0, chain[0].start)
    if is_word(text, before - 1) or text[before - 1 : before] in (")", "+"):
        return 0
    numbers = {count: f"+{text[chain[0].start : chain[count - 1].stop]}" for count in counts}
    valid = next((count for count, number in numbers.items() if is_valid(number)), 0)
    return valid or next((count for count, number in numbers.items() if count > 1 and is_possible(number)), 0)


def _national(text: str, chain: list[DigitGroup], counts: list[int], said: Leaning) -> int:
    """The number of groups that are one number of some country; 0 if none are."""
    start = chain[0].start
    if said is Leaning.AGAINST or (len(chain) == 1 and not said.speaks_for) or is_continued(text, start):
        return 0  # digits without a gap are a number only where a word says so
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1].isalnum():
        return 0
    counts = [count for count in counts if not _DATE.fullmatch(text[start : chain[count - 1].stop])]
    for count in counts:
        raw = text[start : chain[count - 1].stop]
        prefix = next((prefix for prefix in _INTERNATIONAL_PREFIXES if raw.startswith(prefix)), "")
        if prefix and (count > 1 or said.speaks_for) and is_valid(f"+{raw.removeprefix(prefix)}"):
            return count
    whole = [count for count in counts if count == len(chain) or "/" in chain[count].gap]
    for count in (*whole, *counts):
        if _is_written_as_one(text, chain, count, said) or (count in whole and _is_named(text, chain, count, said)):
            return count
    return next((count for count in counts if _is_named(text, chain, count, said)), 0)


def _is_written_as_one(text: str, chain: list[DigitGroup], count: int, said: Leaning) -> bool:
    """Whether a number is written exactly as in its country, and is nothing else."""
    own, raw = chain[:count], text[chain[0].start : chain[count - 1].stop]
    if count == 1 or not (said.speaks_for or (_looks_like_one(raw, own) and _stands_alone(chain, count))):
        return False
    digits = _digits(text, own)
    if said is not Leaning.DIRECT and (len(digits) < _PLAIN_DIGITS or AMOUNT.fullmatch(raw)):
        return False
    if _NORTH_AMERICAN_SHAPE.fullmatch(raw):
        return True
    lengths, written = tuple(group.stop - group.start for group in own), formats(digits)
    return lengths in written or (raw[0] in _TRUNK_PREFIXES and lengths[1:] in written)


def _is_named(text: str, chain: list[DigitGroup], count: int, said: Leaning) -> bool:
    """Whether a number that is written in any form is one by what the text says of it."""
    if not (said is Leaning.DIRECT or (said is Leaning.NEAR and text[chain[0].start] == "0")):
        return False
    digits = _digits(text, chain[:count])
    if _has_exact_part(text, chain[1:]):
        return False
    return (count > 1 or len(digits) > _MIN_DIGITS) and bool(formats(digits))


def _has_exact_part(text: str, chain: list[DigitGroup]) -> bool:
    """Whether a number in a country's own form begins later, as in `line 2 020 7946 0958`."""
    for index, first in enumerate(chain):
        for count in range(2, len(chain) - index + 1) if text[first.start] == "0" else ():
            own = chain[index : index + count]
            if tuple(group.stop - group.start for group in own) in formats(_digits(text, own)):
                return True
    return False


def _digits(text: str, groups: list[DigitGroup]) -> str:
    return "".join([text[group.start : group.stop] for group in groups])


def _counts(text: str, chain: list[DigitGroup]) -> Iterator[int]:
    """How many groups may be a number, the most first: as many as have the digits of one, and end where a word does."""
    digits = sum([group.stop - group.start for group in chain])
    for count in range(len(chain), 0, -1):
        last = chain[count - 1]
        if digits < _MIN_DIGITS:
            return
        hyphen = text[last.stop : last.stop + 1] == "-" and text[last.stop + 1 : last.stop + 2].isalnum()
        more = hyphen or (continues(text, last.stop) and not _EXTENSION.match(text, last.stop))
        plain = count == 1 and digits > _MAX_PLAIN_DIGITS and not _CODE.search(text, max(0, last.start - 1), last.stop)
        if digits <= _MAX_DIGITS and not more and not plain:
            yield count
        digits -= last.stop - last.start


def _stands_alone(chain: list[DigitGroup], count: int) -> bool:
    """Whether no other digits stand directly before or after, as in a row of numbers."""
    before, after = chain[0].gap, chain[count].gap if count < len(chain) else ""
    return all(not gap or "/" in gap or ")" in gap or not _GAP.fullmatch(gap) for gap in (before, after))


def _looks_like_one(raw: str, own: list[DigitGroup]) -> bool:
    """Whether digits have a form that little else has: an area code in brackets, a leading zero with gaps, 3-3-4."""
    if raw[0] == "0":
        return len(own) == 2 or ")" in raw or len({group.gap for group in own[2:]}) == 1
    return ")" in raw or bool(_NORTH_AMERICAN.fullmatch(raw))
