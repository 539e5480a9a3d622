"""Decides by the words around a number what it is, where its digits alone do not say so."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

BEFORE, AFTER = 40, 25
"""Characters in which a word says what a number is."""

_WORD = re.compile(r"[^\W\d_]+")


class Leaning(Enum):
    """What the words say of a number.

    DIRECT: a word before it names it, as in `my phone number is`. NEAR: such a word is not far. AGAINST: a word before
    it names something else.
    """

    DIRECT = 2
    NEAR = 1
    UNKNOWN = 0
    AGAINST = -1

    @property
    def speaks_for(self) -> bool:
        return self in (Leaning.DIRECT, Leaning.NEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Words in small letters. Compared by identity, so that what is found of a word can be kept.

    whole: whole words. beginnings, endings: of words, in languages that inflect and compose. anywhere: parts of texts
    in scripts other than Latin, which may have no spaces. phrases: pairs of words.
    """

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    anywhere: tuple[str, ...]
    phrases: frozenset[tuple[str, ...]]

    @classmethod
    def of(
        cls, whole: str, *, beginnings: str = "", endings: str = "", anywhere: str = "", phrases: str = ""
    ) -> "Words":
        """Takes words with spaces between them, and phrases with commas."""
        return cls(
            whole=frozenset(whole.split()),
            beginnings=tuple(beginnings.split()),
            endings=tuple(endings.split()),
            anywhere=tuple(anywhere.split()),
            phrases=frozenset(tuple(phrase.split()) for phrase in phrases.split(",")),
        )

    @lru_cache(maxsize=1 << 15)  # noqa: B019 # all instances are constants
    def has(self, word: str) -> bool:
        return word in self.whole or word.startswith(self.beginnings) or word.endswith(self.endings)

    def last_part_in(self, text: str) -> int:
        """The position after the last of the parts from `anywhere`; 0 if there is none."""
        return max((at + len(part) for part in self.anywhere if (at := text.rfind(part)) >= 0), default=0)


OTHER_NUMBERS = Words.of(
    "order orders purchase invoice tracking track shipment parcel ticket transaction trans reference ref receipt "
    "booking reservation confirmation serial batch lot lotto sku isbn issn ean gtin upc awb imei iccid imsi vin uuid "
    "guid hash doi timestamp epoch id ids zip postcode vat ein plz blz steuernummer commande facture colis suivi "
    "dossier siret siren pedido factura envío recibo ordine fattura spedizione encomenda fatura factuur ordre pesanan",
    beginnings="bestell kundenn auftrag rechnung sendung vorgang artikel beleg zamówien faktur beställning tilaus "
    "sipariş objednávk rendelés",
    anywhere="заказ накладн счёт счет παραγγελ 注文 伝票 追跡 受付 订单 訂單 运单 快递单 发票 单号 주문 송장 "
    "आदेश ऑर्डर طلب הזמנה คำสั่งซื้อ đơn",
)
"""Words before numbers that are nobody's personal data."""
_IF_LABELLED = frozenset({"case", "claim", "contract", "customer", "item", "part", "policy", "product", "article"})
"""Words that name a number only with a label between, as in `case no. 12`."""
_LABELS = frozenset({"no", "nr", "n", "num", "number", "numbers", "numero", "numéro", "número", "nummer", "id", "code"})
_CONNECTING = (
    _LABELS
    | Words.of(
        "is are was the a my your our his her their this at on to me us him them it via or and home work new "
        "ist lautet unter auf an am mich uns est sont le la les au mon es son el al mi mio il suo è o meu é op is mijn "
        "mig mit på min til er jest mój pod"
    ).whole
)
"""Words that may stand between a word and the number that it names."""
_HASH = "#"
_SIGNS = (_HASH, "/")
"""Signs directly before other numbers: the first one before orders, the second one in the path of an address."""
_DIRECT_CHARACTERS, _AGAINST_CHARACTERS = 12, 8
"""The same for scripts that do not separate words: characters between."""


def leaning(text: str, start: int, stop: int, words: Words) -> Leaning:
    """What is said of `text[start:stop]`: the nearest word before it decides, then a word after it."""
    before = text[max(0, start - BEFORE) : start].lower()
    if before.endswith(_SIGNS):
        named = before.endswith(_HASH) and any(map(words.has, _WORD.findall(before)[-1:]))
        return Leaning.DIRECT if named else Leaning.AGAINST
    said = _said_by_parts(before, words) if not before.isascii() else Leaning.UNKNOWN
    if said is Leaning.UNKNOWN:
        said = _said_by_words(before, words)
    if said is Leaning.UNKNOWN and _has_any(text[stop : stop + AFTER].lower(), words):
        return Leaning.NEAR
    return said


def _said_by_parts(before: str, words: Words) -> Leaning:
    said, other = words.last_part_in(before), OTHER_NUMBERS.last_part_in(before)
    if said > other:
        return Leaning.DIRECT if len(before) - said <= _DIRECT_CHARACTERS else Leaning.NEAR
    return Leaning.AGAINST if other and len(before) - other <= _AGAINST_CHARACTERS else Leaning.UNKNOWN


def _said_by_words(before: str, words: Words) -> Leaning:
    direct, labelled = True, False
    found = _WORD.findall(before)
    for at in range(len(found) - 1, -1, -1):
        word = found[at]
        if words.has(word) or (words.phrases and tuple(found[max(0, at - 1) : at + 1]) in words.phrases):
            return Leaning.DIRECT if direct else Leaning.NEAR
        if direct and (OTHER_NUMBERS.has(word) or (labelled and word in _IF_LABELLED)):
            return Leaning.AGAINST
        direct = direct and word in _CONNECTING
        labelled = labelled or word in _LABELS
    return Leaning.UNKNOWN


def _has_any(text: str, words: Words) -> bool:
    return bool(not text.isascii() and words.last_part_in(text)) or any(map(words.has, _WORD.findall(text)))
