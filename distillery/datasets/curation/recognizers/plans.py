"""The countries' plans of telephone numbers, from phonenumbers (a port of Google's libphonenumber)."""

import re
from collections.abc import Callable
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

REGIONS = (
    "US GB DE FR ES IT NL BE CH AT PT IE PL CZ SK HU RO BG HR SI RS GR SE NO DK FI EE LV LT LU RU UA TR IL SA AE EG ZA "
    "NG KE MA IN PK BD CN HK TW JP KR SG MY TH VN ID PH AU NZ BR MX AR CL CO PE"
)
"""Regions whose national numbers are recognized. With the country's code, those of all regions are."""
AMOUNT = re.compile(r"[1-9]\d{0,2}(?: \d{3})+")
"""A number with thousands separators."""


def is_valid(international: str) -> bool:
    number = _parsed_international(international)
    return number is not None and phonenumbers.is_valid_number(number)


def is_possible(international: str) -> bool:
    """Whether a number with a gap after its country's code has the length of that country's numbers.

    Countries open new ranges before the plans here have them, and examples are often outside of all ranges.
    """
    number = _parsed_international(international)
    if number is None or _first_digits(international) != str(number.country_code):
        return False
    whole = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return whole and not AMOUNT.fullmatch(international[1:])


def _parsed_international(international: str) -> PhoneNumber | None:
    """The number, unless a gap is within its country's code, as in a row of other numbers."""
    try:
        number = phonenumbers.parse(international)
    except NumberParseException:
        return None
    return number if _first_digits(international).startswith(str(number.country_code)) else None


def _first_digits(number: str) -> str:
    match = re.search(r"[0-9]+", number)
    return match[0] if match else ""


@lru_cache(maxsize=4096)
def formats(digits: str) -> frozenset[tuple[int, ...]]:
    """The lengths of the groups in which the regions that have this number write it; empty if none has it."""
    found = set[tuple[int, ...]]()
    for region, may_have in _plans():
        if may_have(digits) and (number := _parsed(digits, region)):
            written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            found.add(tuple(map(len, re.findall(r"\d+", written))))
    return frozenset(found)


def _parsed(digits: str, region: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


@cache
def _plans() -> list[tuple[str, Callable[[str], bool]]]:
    """For each region a quick test that accepts all its national numbers, and few others."""
    return [(region, _plan(PhoneMetadata.metadata_for_region(region))) for region in REGIONS.split()]


def _plan(metadata: PhoneMetadata | None) -> Callable[[str], bool]:
    description = metadata.general_desc if metadata else None
    pattern = description.national_number_pattern if description else None
    if metadata is None or pattern is None or metadata.national_prefix_transform_rule:
        return lambda _: True
    national, prefix = re.compile(pattern), metadata.national_prefix or ""

    def may_have(digits: str) -> bool:
        return bool(national.fullmatch(digits) or national.fullmatch(digits.removeprefix(prefix)))

    return may_have
