"""Payment cards: a known issuer's prefix and length, the Luhn checksum, and where that is not enough, the words around.

One of ten numbers of any kind passes the Luhn checksum, and one of four of 16 digits has the prefix of an issuer.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from stdnum import luhn

from distillery.datasets.curation.recognizers.context import Leaning, Words, leaning
from distillery.datasets.curation.recognizers.folded import DigitGroup, continues, is_continued


class Issuer(NamedTuple):
    """The range of an issuer, or of several.

    first, last: prefixes, of as many digits. usual: the length of nearly all cards. rare: lengths of others, which only
    count where the text speaks of a card. alone: whether the usual length counts without groups and without a word on
    cards. In a wide range of few cards it does not, because most such numbers are other ones.
    """

    first: int
    last: int
    usual: int
    rare: tuple[int, ...] = ()
    alone: bool = True


ISSUERS = (
    Issuer(4, 4, 16, (13, 19)),  # Visa
    Issuer(51, 55, 16),  # Mastercard
    Issuer(2221, 2720, 16, alone=False),
    Issuer(34, 34, 15),  # American Express
    Issuer(37, 37, 15),
    Issuer(6011, 6011, 16, (17, 18, 19)),  # Discover
    Issuer(644, 649, 16, (17, 18, 19)),
    Issuer(65, 65, 16, (17, 18, 19)),
    Issuer(3528, 3589, 16, (17, 18, 19)),  # JCB
    Issuer(62, 62, 16, (17, 18, 19)),  # UnionPay
    Issuer(2200, 2204, 16, (17, 18, 19)),  # Mir
    Issuer(300, 305, 14, (16, 17, 18, 19), alone=False),  # Diners Club
    Issuer(3095, 3095, 14, (16, 17, 18, 19), alone=False),
    Issuer(36, 36, 14, (16, 17, 18, 19), alone=False),
    Issuer(38, 39, 14, (16, 17, 18, 19), alone=False),
    Issuer(50, 50, 16, tuple(range(12, 20)), alone=False),  # Maestro, and RuPay, Elo, Verve
    Issuer(56, 58, 16, tuple(range(12, 20)), alone=False),
    Issuer(60, 61, 16, tuple(range(12, 20)), alone=False),
    Issuer(63, 63, 16, tuple(range(12, 20)), alone=False),
    Issuer(67, 67, 16, tuple(range(12, 20)), alone=False),
    Issuer(81, 82, 16, alone=False),  # RuPay
    Issuer(9792, 9792, 16, alone=False),  # Troy
)
"""Source: ISO/IEC 7812 ranges as the networks publish them."""
_PREFIX_DIGITS = 4
_MIN_DIGITS, _MAX_DIGITS = 12, 19
_GROUPINGS = ((4, 6, 5), (4, 6, 4), (6, 13), (8, 8))

_WORDS = Words.of(
    "card cards cc pan visa mastercard master amex american discover diners jcb maestro unionpay rupay credit debit "
    "cvc cvv cid exp expires expiry thru carte cartes carta cartão cartao tarjeta tarjetas kartu thẻ",
    beginnings="kart kort kaart",
    endings="karte karten kartennummer kaart kort kortti",
    anywhere="карт κάρτα カード 卡 카드 कार्ड بطاقة כרטיס บัตร",
)
_LETTERS_BEFORE, _LETTERS_AFTER = re.compile(r"(?<![A-Za-z])[A-Za-z]+$"), re.compile(r"[A-Za-z]+")
"""Of a word that is written without a space before or after the number."""
_GAP = re.compile(r" {0,2}[-.]? {0,2}")
_EXPIRY = re.compile(r"[ ,;:|]{1,3}(?:0[1-9]|1[0-2])[/|-]?(?:20)?\d\d(?!\d)")


def find_cards(text: str, groups: list[DigitGroup]) -> Iterator[tuple[int, int]]:
    """Yields numbers of payment cards."""
    index = 0
    while index < len(groups):
        count = _card_groups(text, groups, index)
        if count:
            yield groups[index].start, groups[index + count - 1].stop
        index += count or 1


def _card_groups(text: str, groups: list[DigitGroup], index: int) -> int:
    """The number of groups, from this one on, that are one card; 0 if it begins none."""
    start, digits = groups[index].start, ""
    if is_continued(text, start) and not _WORDS.has(_letters(_LETTERS_BEFORE, text[max(0, start - 12) : start])):
        return 0
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1].isdecimal():
        return 0
    for last in range(index, len(groups)):
        digits += text[groups[last].start : groups[last].stop]
        if len(digits) > _MAX_DIGITS or (last > index and not _GAP.fullmatch(groups[last].gap)):
            return 0
        if len(digits) >= _MIN_DIGITS and _is_card(text, groups, index, last, digits):
            return last - index + 1
    return 0


def _is_card(text: str, groups: list[DigitGroup], index: int, last: int, digits: str) -> bool:
    issuers = _issuers(digits[:_PREFIX_DIGITS])
    usual = [issuer for issuer in issuers if len(digits) == issuer.usual]
    if not (usual or any(len(digits) in issuer.rare for issuer in issuers)) or not luhn.is_valid(digits):
        return False
    stop = groups[last].stop
    expiry = _EXPIRY.match(text, stop) or _WORDS.has(_letters(_LETTERS_AFTER, text[stop : stop + 12]))
    if not expiry and (continues(text, stop) or (text[stop : stop + 1] == "-" and text[stop + 1 : stop + 2].isalnum())):
        return False
    said = leaning(text, groups[0].start, groups[-1].stop, _WORDS)
    if said.speaks_for or (said is Leaning.UNKNOWN and expiry):
        return True
    if index == last:
        return said is Leaning.UNKNOWN and any(issuer.alone for issuer in usual)
    own = groups[index : last + 1]
    return bool(usual) and len({group.gap for group in own[1:]}) == 1 and _is_grouped([g.stop - g.start for g in own])


def _letters(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text) if pattern is _LETTERS_BEFORE else pattern.match(text)
    return match[0].lower() if match else ""


@cache
def _issuers(prefix: str) -> list[Issuer]:
    return [issuer for issuer in ISSUERS if issuer.first <= int(prefix[: len(str(issuer.first))]) <= issuer.last]


def _is_grouped(lengths: list[int]) -> bool:
    """Whether digits are grouped as on cards."""
    fours = len(lengths) >= 3 and set(lengths[:-1]) == {4} and lengths[-1] <= 4
    return fours or tuple(lengths) in _GROUPINGS
