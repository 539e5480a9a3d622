"""Detects and masks personal data that has a verifiable format.

E-mail addresses, also internationalised; telephone numbers; bank accounts (IBAN), payment cards and US social security
numbers; IPv4 and IPv6 addresses. `recognizers` decide by check digits, by numbering plans and, where these are not
enough, by the surrounding words. Names, postal addresses and everything else that only its meaning identifies are NOT
found: detection reduces the risk and does not remove it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from distillery.core.conversation import Prompt, to_line
from distillery.core.limits import MAX_LINE_BYTES
from distillery.datasets.curation.recognizers import accounts, addresses, cards, emails, phones
from distillery.datasets.curation.recognizers.folded import find_numbers, fold_ascii


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


_FULL_WIDTH_AT = "\uff20"
_COLONS = 6
"""The fewest colons of an IPv6 address without `::`."""
_NUMBERS = re.compile(r"[0-9][0-9 ()./-]{4,}[0-9]")
"""A part of every number that is recognized, also of an IBAN."""
_OF_NUMBERS = (
    (EntityType.CARD, 12, 0, cards.find_cards),
    (EntityType.SSN, 9, 0, accounts.find_ssns),
    (EntityType.IP, 4, 3, addresses.find_ipv4),
    (EntityType.PHONE, 7, 0, phones.find_phones),
)
"""Each with the fewest digits and dots of such a number. Earlier entries win overlaps: an IBAN may contain a card's
number."""
_SHORTER = {EntityType.EMAIL: "[MAIL]"}
"""Compact placeholders, for data that is shorter than the usual one: `a@b.co` has six characters."""


def find(text: str) -> list[Entity]:
    """Returns the personal data in a text, in order of position. Entities do not overlap."""
    found: list[Entity] = []
    taken = bytearray(len(text))
    for entity in _candidates(text):
        if not any(taken[entity.start : entity.stop]):
            taken[entity.start : entity.stop] = b"\1" * (entity.stop - entity.start)
            found.append(entity)
    return sorted(found, key=lambda entity: entity.start)


def _candidates(text: str) -> Iterator[Entity]:
    """Most texts lack the characters that a recognizer needs, so it does not search them."""
    folded = text if text.isascii() else fold_ascii(text)
    if "@" in folded or "%40" in folded:
        yield from _as(EntityType.EMAIL, emails.find_emails(folded))
    if "::" in folded or folded.count(":") >= _COLONS:
        yield from _as(EntityType.IP, addresses.find_ipv6(folded))
    if not _NUMBERS.search(folded):
        return
    yield from _as(EntityType.IBAN, accounts.find_ibans(folded))
    found = list(find_numbers(folded))
    for entity_type, digits, dots, find_in_number in _OF_NUMBERS:
        for numbers in found:
            if numbers.digits >= digits and numbers.dots >= dots:
                yield from _as(entity_type, find_in_number(folded, numbers.groups))


def _as(entity_type: EntityType, spans: Iterator[tuple[int, int]]) -> Iterator[Entity]:
    return (Entity(entity_type, *span) for span in spans)


def mask(text: str, entities: list[Entity], *, compact: bool = False) -> str:
    """Replaces each entity with its type in capitals, such as `[EMAIL]`; compact: never with a longer text."""
    parts, last = list[str](), 0
    for entity in entities:
        parts += text[last : entity.start], _placeholder(entity, compact=compact)
        last = entity.stop
    return "".join((*parts, text[last:]))


def _placeholder(entity: Entity, *, compact: bool) -> str:
    usual = f"[{entity.type.upper()}]"
    return _SHORTER[entity.type] if compact and len(usual) > entity.stop - entity.start else usual


def count_by_type(entities: list[Entity]) -> Counter[str]:
    """Counts the entities of each type."""
    return Counter(entity.type.value for entity in entities)


def mask_prompt(prompt: Prompt) -> tuple[Counter[str], Prompt]:
    """Returns the number of entities by type in all texts of the prompt, and the prompt with them masked.

    A placeholder may be longer than what it replaces, and then the prompt's line longer than the limit. In that case
    the placeholders are compact, which never makes a text longer, so that masking loses no prompt.
    """
    texts = {text for text in (prompt.system, prompt.reference, *(text for _, text in prompt.messages)) if text}
    entities = {text: find(text) for text in texts}
    found = Counter[str]()
    for text in (prompt.system, prompt.reference, *(text for _, text in prompt.messages)):
        found += count_by_type(entities.get(text or "", []))
    if not found:
        return found, prompt
    masked = _replaced(prompt, lambda text: mask(text, entities.get(text, [])))
    if len(to_line(masked).encode(errors="surrogatepass")) > MAX_LINE_BYTES:
        masked = _replaced(prompt, lambda text: mask(text, entities.get(text, []), compact=True))
    return found, masked


def mask_text(text: str, *, compact: bool = False) -> str:
    """The text as it is in a masked prompt; compact: in one whose line would otherwise be too long."""
    return mask(text, find(text), compact=compact)


def _replaced(prompt: Prompt, replace: Callable[[str], str]) -> Prompt:
    return Prompt(
        system=None if prompt.system is None else replace(prompt.system),
        messages=tuple((role, replace(text)) for role, text in prompt.messages),
        reference=None if prompt.reference is None else replace(prompt.reference),
    )
