"""Text of others stays readable but cannot control the terminal or document that shows it."""

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distillery.core.escaping import address, as_json, lines, one_line, quoted
from tests.fakes.hostile_text import ACTIVE, ATTACKS, ORDINARY

SEEN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
"""Format characters that are visible, before or around Arabic, Syriac and Kaithi digits."""
JOINERS = {0x200C, 0x200D}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_text_passes_unchanged(text: str) -> None:
    assert (one_line(text), lines(text), json.loads(as_json(text))) == (text, text, text)
    assert as_json(text) == json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_acts_hides_or_turns_around_is_spelled(text: str) -> None:
    assert not ACTIVE.search(one_line(text))
    assert "\n" not in one_line(text)
    assert not ACTIVE.search(lines(text))
    assert not ACTIVE.search(as_json(text))
    assert json.loads(as_json(text)) == text


def test_every_control_and_format_character_there_is_gets_spelled() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        kind = unicodedata.category(char)
        if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and code not in SEEN:
            assert char not in one_line(char), hex(code)
            assert (char in one_line(f"a{char}b")) == (code in JOINERS), hex(code)
            assert (char in lines(f"a{char}b")) == (code in JOINERS or char in "\n\t"), hex(code)


@pytest.mark.parametrize("text", ["\u200d", "a\u200d", "a \u200db", "a\u200d\u200db", "1\u200c2", "a\u200c\u202eb"])
def test_a_joiner_that_joins_nothing_is_spelled(text: str) -> None:
    assert one_line(text).isascii()


@pytest.mark.parametrize("text", ["\ufe0f", " \ufe0f", "a\ufe0f\ufe0f", "a\U000e0100", "葛\U000e0100\U000e0101"])
def test_a_selector_that_selects_nothing_is_spelled(text: str) -> None:
    assert "\\u" in one_line(text).lower()


def test_an_answer_keeps_its_line_breaks_but_not_unicode_line_separators() -> None:
    assert lines("a\r\n\tb\n") == "a\n\tb\n"
    assert lines("a\rb\x0bc\x85d\u2028e") == "a\\x0db\\x0bc\\x85d\\u2028e"
    assert one_line("a\r\n\n\tb\u2029c") == "a b c"


@given(st.text(), st.integers(min_value=1, max_value=40))
@example("👩‍🚒" * 20, 21)
@example("\u0627\ufe0f\u200d\u0627", 40)
def test_what_came_out_comes_out_the_same_again(text: str, most: int) -> None:
    once = one_line(text, most)
    assert len(once) <= most
    assert not ACTIVE.search(once)
    assert one_line(once, most) == once
    assert lines(lines(text)) == lines(text)
    assert not ACTIVE.search(lines(text))
    assert json.loads(as_json([text])) == [text]


def test_a_uri_is_no_sentence() -> None:
    key = "prompts/support/Dear customer,\nplease pay at https://evil.example/?a=b now\u202e.jsonl"
    out = address(f"s3://bucket/{key}")
    assert out == (
        "s3://bucket/prompts/support/Dear%20customer,%0Aplease%20pay%20at%20https://evil.example/%3Fa=b%20now"
        "%E2%80%AE.jsonl"
    )
    assert len(address("s3://bucket/" + "a b" * 500)) == 300
    for same in ("s3://bucket/dt=2026-11-23/größe_1.jsonl.gz", "s3://b/%20.jsonl"):
        assert address(same) == same


def test_a_value_is_quoted_as_python_does_and_cut() -> None:
    assert quoted("support") == "'support'"
    assert quoted("a\x1b\n\u202e'") == '"a\\x1b\\n\\u202e\'"'
    assert len(quoted("x" * 500)) == 80
