"""Personal data in a text: what has a form that can be checked, found by well-kept libraries of such forms.

E-mail addresses; telephone numbers in international form (phonenumbers, after Google's libphonenumber); bank accounts
(IBAN), payment cards (Luhn's digit) and US social security numbers (python-stdnum); IP addresses. Names, postal
addresses and anything else that only its meaning tells are NOT found: this lowers a risk and removes none.
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


class Kind(StrEnum):
    """What was found; its name in capitals stands in its place where it is masked."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SSN = "ssn"
    IP = "ip"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:stop] is personal data."""

    kind: Kind
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


# A pattern proposes, the check decides. The order settles what overlaps: an IBAN's digits may look like a card.
_FORMS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...] = (
    (Kind.EMAIL, re.compile(r"(?<![\w.+%-])[\w.+%-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"), lambda _: True),
    (Kind.IBAN, re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b"), lambda text: bool(iban.is_valid(text))),
    (Kind.CARD, re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?!\.?\d)"), _is_card),
    (Kind.SSN, re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), lambda text: bool(ssn.is_valid(text))),
    (Kind.IP, re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"), _is_ip),
)


_SIGN = re.compile(r"[\d@]")
"""Without one of these a text holds nothing that is looked for: most texts need no closer look."""


def find(text: str) -> list[Span]:
    """In the order of the text, none overlapping another."""
    found: list[Span] = []
    for span in _candidates(text):
        if all(span.stop <= other.start or other.stop <= span.start for other in found):
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def _candidates(text: str) -> Iterator[Span]:
    if not _SIGN.search(text):
        return
    for kind, pattern, holds in _FORMS:
        yield from (Span(kind, *match.span()) for match in pattern.finditer(text) if holds(match[0]))
    if "+" in text:  # without its country's prefix a number cannot be told from any other
        matcher = PhoneNumberMatcher(text, None, leniency=Leniency.VALID)
        yield from (Span(Kind.PHONE, match.start, match.end) for match in matcher)


def mask(text: str, spans: list[Span]) -> str:
    """The text with `[EMAIL]` and the like in the place of each span."""
    for span in reversed(spans):
        text = f"{text[: span.start]}[{span.kind.upper()}]{text[span.stop :]}"
    return text


def counted(spans: list[Span]) -> Counter[str]:
    """How many of each kind."""
    return Counter(span.kind.value for span in spans)
