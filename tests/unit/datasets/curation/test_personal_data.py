"""Detection and masking of personal data. `test_recognition` measures it on a labelled corpus."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt, parse, to_line
from distillery.core.limits import MAX_LINE_BYTES
from distillery.core.recipe_options import Curation, PersonalData
from distillery.datasets.curation.curate import curate
from distillery.datasets.curation.personal_data import EntityType, count_by_type, find, mask
from distillery.datasets.split import HashedPrompt

PIECES = st.sampled_from(
    [
        "a@b.co", "x@y.zz", "jane.doe@example.com", "用户@例.中国", '"a b"@c.de', "1.1.1.1", "::ffff:1.2.3.4",
        "fe80::1%e", "2001:db8::", "+14155552671", "(020) 7946 0958", "tel 0301234567", "4111111111111111",
        "card no.36227206271667", "NO9386011117947", "536-90-4399", "ssn 536904399", " ", ", ", "\n", "é", '"', "\\",
        "谢谢", "order ", "x",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to jo.bloggs+x@example.co.uk, please", "Write to [EMAIL], please"),
        ("call +44 20 7946 0958 or +1 (415) 555-2671", "call [PHONE] or [PHONE]"),
        ("my card 4111 1111 1111 1111 is lost", "my card [CARD] is lost"),
        ("card 4111111111111111 12/29 cvc 123", "card [CARD] 12/29 cvc 123"),
        ("IBAN GB82 WEST 1234 5698 7654 32 please", "IBAN [IBAN] please"),
        ("de89 3704 0044 0532 0130 00 COBADEFFXXX", "[IBAN] COBADEFFXXX"),
        ("ssn 536-90-4399", "ssn [SSN]"),
        ("from 192.168.10.254.", "from [IP]."),
        ("from [::ffff:1.2.3.4]:80", "from [[IP]]:80"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text, find(text)) == masked


def test_entities_are_counted_by_type() -> None:
    assert count_by_type(find("a@b.co, c@d.org and 10.0.0.1")) == {EntityType.EMAIL: 2, EntityType.IP: 1}


@pytest.mark.slow
@given(st.text(alphabet="ab@.-+:0123456789 []", max_size=80))
def test_entities_never_overlap_and_masking_removes_them(text: str) -> None:
    entities = find(text)
    assert all(one.stop <= other.start for one, other in pairwise(entities))
    assert not {entity.type for entity in find(mask(text, entities))} & {EntityType.CARD, EntityType.IBAN}


@pytest.mark.slow
@given(st.lists(PIECES, max_size=12).map("".join))
def test_entities_of_words_and_numbers_never_overlap(text: str) -> None:
    assert all(one.stop <= other.start for one, other in pairwise(find(text)))


@pytest.mark.slow
@given(st.lists(PIECES, max_size=20).map("".join))
def test_compact_placeholders_never_make_a_text_longer(text: str) -> None:
    masked = mask(text, find(text), compact=True)
    assert len(masked.encode()) <= len(text.encode())
    assert len(to_line(prompt(masked)).encode()) <= len(to_line(prompt(text)).encode())


@pytest.mark.slow
@given(st.lists(PIECES.filter(str.strip), min_size=1, max_size=4).map(" ".join))
@example("a@b.co")
def test_a_line_of_exactly_the_limit_is_within_it_when_masked(text: str) -> None:
    empty = len(to_line(prompt("")).encode())
    each = len(to_line(prompt(f"{text} ")).encode()) - empty
    count, rest = divmod(MAX_LINE_BYTES - empty, each)
    long = f"{text} " * count + "." * rest
    assert len(to_line(prompt(long)).encode()) == MAX_LINE_BYTES
    (row,) = curate([HashedPrompt.of(prompt(long))], Curation(personal_data=PersonalData.MASK)).rows
    line = to_line(row.prompt)
    assert len(line.encode()) <= MAX_LINE_BYTES
    assert parse(line) == row.prompt


def prompt(text: str) -> Prompt:
    return Prompt(system=None, messages=(("user", text),), reference=None)


REPEATED = [
    "a@b.co  ", "@", "@a.", "1.1.1.1 ", ":", "::1", "aa11 ", "DE89 ", "1234 ", "0123 ", "12 ", "1", "+1 ", "(1",
    "4111111111111111 ", "é@", '"@', "x@y%40",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "my phone and credit card: ", "order "])
@pytest.mark.parametrize("piece", REPEATED)
def test_no_text_takes_more_than_linear_steps(before: str, piece: str) -> None:
    """A quadratic recognizer would take minutes for a text of this length, which no line may have."""
    text = before + piece * (60_000 // len(piece))
    assert len(mask(text, find(text), compact=True)) <= len(text)
