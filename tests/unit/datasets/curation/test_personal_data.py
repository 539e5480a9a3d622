"""Detection and masking of personal data."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation.personal_data import EntityType, count_by_type, find, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to jo.bloggs+x@example.co.uk, please", "Write to [EMAIL], please"),
        ("call +44 20 7946 0958 or +1 (415) 555-2671", "call [PHONE] or [PHONE]"),
        ("my card 4111 1111 1111 1111 is lost", "my card [CARD] is lost"),
        ("my card 4111111111111111.", "my card [CARD]."),
        ("IBAN GB82 WEST 1234 5698 7654 32 please", "IBAN [IBAN] please"),
        ("IBAN DE89370400440532013000", "IBAN [IBAN]"),
        ("ssn 536-90-4399", "ssn [SSN]"),
        ("from 192.168.10.254", "from [IP]"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text, find(text)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 4111 1111 1111 1112 is late",  # the Luhn checksum is wrong
        "0000 0000 0000 0000",
        "invoice 2026-11-23-0001",
        "version 1.2.3.4.5 of the app",
        "at 300.1.1.1",
        "GB00 WEST 1234 5698 7654 32",  # the check digits are wrong
        "000-12-3456",
        "I paid 1,234,567.89 on 12/11/2026",
        "the @support account",
    ],
)
def test_similar_text_is_not_masked(text: str) -> None:
    assert find(text) == []


def test_entities_are_counted_by_type() -> None:
    assert count_by_type(find("a@b.co, c@d.org and 10.0.0.1")) == {EntityType.EMAIL: 2, EntityType.IP: 1}


@given(st.text(alphabet="ab@.-+0123456789 []", max_size=80))
def test_entities_never_overlap_and_masking_removes_them(text: str) -> None:
    entities = find(text)
    assert all(one.stop <= other.start for one, other in pairwise(entities))
    assert not {entity.type for entity in find(mask(text, entities))} & {EntityType.CARD, EntityType.IBAN}
