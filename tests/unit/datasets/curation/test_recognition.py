"""How much personal data is found, and how much else: on a labelled corpus, and on generated numbers.

The sides are printed (`-s`): ours, and python-stdnum and phonenumbers alone, applied to every run of characters that
may be a number. Presidio is not among them: its recognizers need a language model.
"""

import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType
from stdnum import iban, luhn
from stdnum.us import ssn

from distillery.datasets.curation.personal_data import find
from distillery.datasets.curation.recognizers.plans import REGIONS

Span = tuple[str, int, int]
LEAST_FOUND, MOST_FALSE = 0.95, 0.02
NONE = "none"


class Labelled(NamedTuple):
    """A text of the corpus with the personal data in it."""

    type: str
    country: str
    text: str
    spans: frozenset[Span]


def corpus() -> Iterator[Labelled]:
    lines = Path(__file__).with_name("personal_data.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            entity, country, marked = line.split("\t")
            marked = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), marked)
            spans, text = set[Span](), ""
            for part in re.split("(⟦.*?⟧)", marked):
                if part.startswith("⟦"):
                    spans.add((entity, len(text), len(text) + len(part) - 2))
                text += part.strip("⟦⟧")
            yield Labelled(entity, country, text, frozenset(spans))


CORPUS = list(corpus())


def ours(labelled: Labelled) -> set[Span]:
    return {(entity.type.value, entity.start, entity.stop) for entity in find(labelled.text)}


def libraries_alone(labelled: Labelled) -> set[Span]:
    """What the kept libraries find on their own. The phone number's country is told, which ours must do without."""
    text, found = labelled.text, set[Span]()
    for match in re.finditer(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,40}|\d(?:[ -]?\d){8,18}", text):
        start, stop = match.start(), match.start() + len(match[0].rstrip())
        of = match[0].rstrip()
        if iban.is_valid(of):
            found.add(("iban", start, stop))
        elif re.fullmatch(r"\d{3}-\d\d-\d{4}", of) and ssn.is_valid(of):
            found.add(("ssn", start, stop))
        elif len(re.sub(r"\D", "", of)) >= 13 and luhn.is_valid(re.sub(r"\D", "", of)):
            found.add(("card", start, stop))
    region = labelled.country if labelled.country in phonenumbers.SUPPORTED_REGIONS else None
    if not found:
        matches = PhoneNumberMatcher(text, region, leniency=Leniency.VALID)
        found |= {("phone", match.start, match.end) for match in matches}
    return found


class Score(NamedTuple):
    """expected, found: entities. clean: texts without any; false: those of them where some are found."""

    expected: Counter[str]
    found: Counter[str]
    clean: int
    false: int
    wrong: list[str]

    @classmethod
    def of(cls, side: Callable[[Labelled], set[Span]]) -> "Score":
        expected, found, wrong, false = Counter[str](), Counter[str](), list[str](), 0
        for labelled in CORPUS:
            spans = side(labelled)
            expected.update(entity for entity, _, _ in labelled.spans)
            found.update(entity for entity, _, _ in labelled.spans & spans)
            false += labelled.type == NONE and bool(spans)
            if spans != labelled.spans:
                wrong.append(f"{labelled.type} {labelled.country} {labelled.text!r}: {sorted(spans)}")
        return cls(expected, found, sum(labelled.type == NONE for labelled in CORPUS), false, wrong)


@pytest.mark.slow
def test_ninety_five_percent_are_found_and_two_percent_of_others() -> None:
    """An entity counts as found only where both ends are right."""
    for name, side in (("stdnum and phonenumbers alone", libraries_alone), ("ours", ours)):
        score = Score.of(side)
        each = ", ".join(f"{entity} {score.found[entity]}/{count}" for entity, count in score.expected.items())
        share = score.found.total() / score.expected.total()
        print(f"{name}: {share:.1%} found ({each}); {score.false} of {score.clean} others")
    print(*score.wrong, sep="\n")
    assert score.found.total() >= LEAST_FOUND * score.expected.total()
    assert all(score.found[entity] >= LEAST_FOUND * count for entity, count in score.expected.items())
    assert score.false <= MOST_FALSE * score.clean


def test_the_corpus_is_large_and_from_many_countries() -> None:
    assert len({labelled.text for labelled in CORPUS}) == len(CORPUS) >= 300
    assert len({labelled.country for labelled in CORPUS if labelled.type == "phone"}) >= 12
    assert len({labelled.country for labelled in CORPUS if labelled.type == "iban"}) >= 12


def test_what_is_found_of_others_than_the_labelled_kind_is_false() -> None:
    other = [labelled.text for labelled in CORPUS if len(ours(labelled) - labelled.spans) > 0]
    assert len(other) <= MOST_FALSE * len(CORPUS)


EXAMPLES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    if (number := phonenumbers.example_number_for_type(region, kind))
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "written"),
    [
        (PhoneNumberFormat.INTERNATIONAL, "{}"),
        (PhoneNumberFormat.INTERNATIONAL, "电话{}。"),
        (PhoneNumberFormat.E164, "({})"),
        (PhoneNumberFormat.E164, "reach me:{}, or not"),
        (PhoneNumberFormat.NATIONAL, "phone: {}, thanks"),
        (PhoneNumberFormat.NATIONAL, "Telefon {}"),
    ],
)
def test_example_numbers_of_all_regions_are_found(form: int, written: str) -> None:
    """Of those regions whose national numbers are recognized, for the national form."""
    missed, expected = [], 0
    for region, number in EXAMPLES:
        if form == PhoneNumberFormat.NATIONAL and region not in REGIONS.split():
            continue
        example = phonenumbers.format_number(number, form)
        text = written.format(example)
        expected += 1
        if example not in [text[entity.start : entity.stop] for entity in find(text)]:
            missed.append(text)
    assert len(missed) <= (1 - LEAST_FOUND) * expected, missed


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


OTHERS: dict[str, Callable[[random.Random], str]] = {
    "epoch milliseconds": lambda chance: f"at {chance.randrange(10**12, 2 * 10**12)}",
    "epoch microseconds": lambda chance: f"ts={chance.randrange(10**15, 2 * 10**15)}",
    "order numbers": lambda chance: f"order {_digits(chance, 16)} is late",
    "order numbers in German": lambda chance: f"Bestellnummer: {_digits(chance, 16)}",
    "order numbers in Chinese": lambda chance: f"订单号{_digits(chance, 16)}",
    "numbers of 13 digits": lambda chance: _digits(chance, 13),
    "numbers of 10 digits": lambda chance: f"it was {_digits(chance, 10)} then",
    "UUIDs": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "UUIDs of digits": lambda chance: "-".join(_digits(chance, count) for count in (8, 4, 4, 4, 12)),
    "hashes": lambda chance: f"{chance.getrandbits(256):064x}",
    "versions": lambda chance: f"version {'.'.join(_digits(chance, 1) for _ in range(4))}",
    "dates": lambda chance: (
        f"{chance.randrange(10, 29)}.{chance.randrange(10, 13)}.20{chance.randrange(10, 30)}, 09:15"
    ),
    "ISBN": lambda chance: (
        f"ISBN 978-{_digits(chance, 1)}-{_digits(chance, 3)}-{_digits(chance, 5)}-{_digits(chance, 1)}"
    ),
    "amounts": lambda chance: (
        f"{chance.randrange(1, 999)} {_digits(chance, 3)} {_digits(chance, 3)},{_digits(chance, 2)} €"
    ),
    "coordinates": lambda chance: f"{chance.uniform(-90, 90):.6f}, {chance.uniform(-180, 180):.6f}",
    "MAC addresses": lambda chance: ":".join(f"{chance.randrange(256):02x}" for _ in range(6)),
    "names of programs": lambda chance: f"{chance.choice('abcdef') * 3}::{chance.choice('abcdef') * 4}",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_numbers_are_left_alone(kind: str) -> None:
    chance = random.Random(kind)
    texts = [OTHERS[kind](chance) for _ in range(500)]
    false = [text for text in texts if find(text)]
    assert len(false) <= MOST_FALSE * len(texts), false


ACCOUNTS = [
    re.sub(r"\W", "", labelled.text[start:stop]).upper()
    for labelled in CORPUS
    for entity, start, stop in labelled.spans
    if entity == "iban"
]


@given(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(["", " ", "\u00a0", "\u202f", "\u2009", "-"]),
    st.booleans(),
    st.sampled_from(["", " COBADEFFXXX", " cobadeff", " 250,00 EUR", " 12.5", ".", ", danke", "的"]),
    st.sampled_from(["", "IBAN ", "iban:", "(", "账号", "von "]),
)
def test_an_iban_is_found_in_every_spelling(number: str, gap: str, small: bool, after: str, before: str) -> None:
    spelt = gap.join(re.findall(".{1,4}", number.lower() if small else number))
    twice = f"{before}{spelt}{after} {spelt}"
    start = len(before)
    assert {(entity.type.value, entity.start, entity.stop) for entity in find(twice)} == {
        ("iban", start, start + len(spelt)),
        ("iban", len(twice) - len(spelt), len(twice)),
    }
    digit = str((int(spelt[2]) + 1) % 10)
    assert not [entity for entity in find(f"{spelt[:2]}{digit}{spelt[3:]}") if entity.type == "iban"]


ALLOCATED = st.sampled_from(["2000::/3", "fd00::/8", "fe80::/10", "ff02::/16", "64:ff9b::/96", "::ffff:0:0/96"])


@given(
    ALLOCATED.flatmap(lambda network: st.ip_addresses(v=6, network=network)),
    st.sampled_from(["", "%eth0", "%25en0", "%3"]),
    st.sampled_from(["{}", "[{}]:80", "({})", "{}.", "at {}, now", "是{}吗", "IPv6:{}", "from {}/64"]),
)
def test_every_allocated_ipv6_address_is_found(address: IPv6Address, zone: str, written: str) -> None:
    high, low = divmod(int(address) & 0xFFFF_FFFF, 0x1_0000)
    dotted = f"{':'.join(address.exploded.split(':')[:6])}:{IPv4Address(high << 16 | low)}"
    for form in {str(address), address.exploded, str(address).upper(), dotted}:
        text = written.format(form + zone)
        start = text.index(form)
        assert [(entity.start, entity.stop) for entity in find(text)] == [(start, start + len(form + zone))]
