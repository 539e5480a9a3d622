"""Detects and masks personal data that has a verifiable format.

E-mail addresses; telephone numbers in international format (phonenumbers, a port of Google's libphonenumber); bank
accounts (IBAN), payment cards (Luhn checksum) and US social security numbers (python-stdnum); IPv4 addresses. Names,
postal addresses and everything else that only its meaning identifies are NOT found: detection reduces the risk and does
not remove it.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.us import ssn


class EntityType(StrEnum):
    """Type of personal data. Its name in capitals, in brackets, replaces masked data."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SSN = "ssn"
    IP = "ip"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Entity:
    """`text[start:stop]` is personal data of this type."""

    type: EntityType
    start: int
    stop: int


_CARD_DIGITS = range(13, 20)


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return len(digits) in _CARD_DIGITS and len(set(digits)) > 1 and luhn.is_valid(digits)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# A pattern finds candidates and a validator decides. Earlier entries win overlaps: an IBAN's digits may match a card.
_DETECTORS: tuple[tuple[EntityType, re.Pattern[str], Callable[[str], bool]], ...] = (
    (EntityType.EMAIL, re.compile(r"(?<![\w.+%-])[\w.+%-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"), lambda _: True),
    (EntityType.IBAN, re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b"), lambda text: bool(iban.is_valid(text))),
    (EntityType.CARD, re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?!\.?\d)"), _is_card),
    (EntityType.SSN, re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), lambda text: bool(ssn.is_valid(text))),
    (EntityType.IP, re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"), _is_ip),
)


_REQUIRED_CHARACTER = re.compile(r"[\d@]")
"""Every entity has one of these, so most texts are skipped without trying the patterns."""


def find(text: str) -> list[Entity]:
    """Returns the personal data in a text, in order of position. Entities do not overlap."""
    found: list[Entity] = []
    for entity in _candidates(text):
        if all(entity.stop <= other.start or other.stop <= entity.start for other in found):
            found.append(entity)
    return sorted(found, key=lambda entity: entity.start)


def _candidates(text: str) -> Iterator[Entity]:
    if not _REQUIRED_CHARACTER.search(text):
        return
    for entity_type, pattern, is_valid in _DETECTORS:
        yield from (Entity(entity_type, *match.span()) for match in pattern.finditer(text) if is_valid(match[0]))
    if "+" in text:  # without a country code, a telephone number cannot be told from other numbers
        matcher = PhoneNumberMatcher(text, None, leniency=Leniency.VALID)
        yield from (Entity(EntityType.PHONE, match.start, match.end) for match in matcher)


def mask(text: str, entities: list[Entity]) -> str:
    """Replaces each entity with its type in capitals, such as `[EMAIL]`."""
    for entity in reversed(entities):
        text = f"{text[: entity.start]}[{entity.type.upper()}]{text[entity.stop :]}"
    return text


def count_by_type(entities: list[Entity]) -> Counter[str]:
    """Counts the entities of each type."""
    return Counter(entity.type.value for entity in entities)
