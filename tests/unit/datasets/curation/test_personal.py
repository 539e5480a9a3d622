"""Personal data of a checkable form is found and masked; what only looks like it stays."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation.personal import Kind, counted, find, mask


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
def test_what_has_a_checkable_form_is_masked(text: str, masked: str) -> None:
    assert mask(text, find(text)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 4111 1111 1111 1112 is late",  # Luhn's digit is wrong
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
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert find(text) == []


def test_each_is_counted_by_its_kind() -> None:
    assert counted(find("a@b.co, c@d.org and 10.0.0.1")) == {Kind.EMAIL: 2, Kind.IP: 1}


@given(st.text(alphabet="ab@.-+0123456789 []", max_size=80))
def test_spans_never_overlap_and_masking_leaves_nothing_to_find(text: str) -> None:
    spans = find(text)
    assert all(one.stop <= other.start for one, other in pairwise(spans))
    assert not {span.kind for span in find(mask(text, spans))} & {Kind.CARD, Kind.IBAN}
