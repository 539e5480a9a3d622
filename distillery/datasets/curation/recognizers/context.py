"""Decides by the words around a number what it is, where its digits alone do not say so."""

import re
from enum import Enum
from typing import NamedTuple

BEFORE, AFTER = 40, 25
"""Characters in which a word says what a number is."""

_WORD = re.compile(r"[^\W\d_]+")


class Leaning(Enum):
    """What the nearest word says of a number."""

    FOR = 1
    UNKNOWN = 0
    AGAINST = -1


class Words(NamedTuple):
    """Words in small letters.

    whole: whole words. beginnings, endings: of words, in languages that inflect and compose. anywhere: parts of texts
    in scripts other than Latin, which may have no spaces.
    """

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    anywhere: tuple[str, ...]

    @classmethod
    def of(cls, whole: str, *, beginnings: str = "", endings: str = "", anywhere: str = "") -> "Words":
        """Takes words with spaces between them."""
        parts = (tuple(some.split()) for some in (beginnings, endings, anywhere))
        return cls(frozenset(whole.split()), *parts)

    def has(self, word: str) -> bool:
        return word in self.whole or word.startswith(self.beginnings) or word.endswith(self.endings)

    def last_part_in(self, text: str) -> int:
        """The position of the last of the parts from `anywhere`; -1 if there is none."""
        return max(map(text.rfind, self.anywhere), default=-1)


OTHER_NUMBERS = Words.of(
    "order orders purchase invoice tracking track shipment parcel ticket transaction trans reference ref receipt "
    "booking reservation confirmation case claim serial batch lot lotto sku part item article product isbn issn ean "
    "gtin upc imei iccid imsi vin uuid guid hash doi timestamp epoch id ids zip postcode vat ein policy contract "
    "charge plz blz steuernummer commande facture colis suivi dossier siret siren pedido factura envío recibo ordine "
    "fattura spedizione encomenda fatura factuur ordre pesanan",
    beginnings="bestell auftrag rechnung sendung vorgang artikel beleg zamówien faktur beställning tilaus sipariş "
    "objednávk rendelés",
    anywhere="заказ накладн счёт счет παραγγελ 注文 伝票 追跡 受付 订单 訂單 运单 快递单 发票 单号 주문 송장 "
    "आदेश ऑर्डर طلب הזמנה คำสั่งซื้อ đơn",
)
"""Words before numbers that are nobody's personal data."""
_SIGNS = ("#", "/")
"""Signs directly before such numbers: the first one before orders, the second one in the path of an address."""


def leaning(text: str, start: int, stop: int, words: Words) -> Leaning:
    """What is said of `text[start:stop]`: the nearest word before it decides, then a word after it."""
    before = text[max(0, start - BEFORE) : start].lower()
    if before.endswith(_SIGNS):
        return Leaning.AGAINST
    said = _nearest(before, words)
    if said is Leaning.UNKNOWN and _nearest(text[stop : stop + AFTER].lower(), words) is Leaning.FOR:
        return Leaning.FOR
    return said


def _nearest(text: str, words: Words) -> Leaning:
    """What the last of all words in a text says."""
    if not text.isascii():
        said, other = words.last_part_in(text), OTHER_NUMBERS.last_part_in(text)
        if said != other:
            return Leaning.FOR if said > other else Leaning.AGAINST
    for word in reversed(_WORD.findall(text)):
        if words.has(word):
            return Leaning.FOR
        if OTHER_NUMBERS.has(word):
            return Leaning.AGAINST
    return Leaning.UNKNOWN
