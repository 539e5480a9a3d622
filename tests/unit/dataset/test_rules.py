"""What one line has to be."""

import codecs
import gzip

import pytest

from lambdas.dataset.rules import prompt_of
from lambdas.shared.conversation import NotAConversation
from lambdas.shared.limits import MAX_LINE_BYTES
from tests.unit.dataset.fakes import line

DIALOGUE = (
    b'{"schemaVersion":"bedrock-conversation-2024","messages":[{"role":"user","content":[{"text":"a"}]},'
    b'{"role":"assistant","content":[{"text":"b"}]},{"role":"user","content":[{"text":"c"}]}]}'
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is empty"),
        (b"  \r", "is empty"),
        (codecs.BOM_UTF8 + line("hello"), "byte order mark"),
        (line("hello").decode().encode("utf-16"), "not UTF-8"),
        (line("caf\u00e9").decode().encode("latin-1"), "not UTF-8 at byte"),
        (gzip.compress(line("hello")), "packed with gzip"),
        (line("x" * MAX_LINE_BYTES), "longer than 16384 bytes"),
        (b"not json", "is not JSON"),
        (DIALOGUE, "2 user turns"),
    ],
)
def test_a_bad_line_is_told_with_its_reason(text: bytes, reason: str) -> None:
    with pytest.raises(NotAConversation) as caught:
        prompt_of(text, multi_turn=False)
    assert reason in str(caught.value)


def test_a_family_that_learns_from_dialogues_may_have_them() -> None:
    assert prompt_of(DIALOGUE, multi_turn=True).turns == 2


def test_a_line_of_exactly_the_limit_is_taken_whatever_its_line_end() -> None:
    spare = MAX_LINE_BYTES - len(prompt_line := line("").replace(b'": ', b'":').replace(b", ", b",")) - 1
    text = prompt_line.replace(b'"text":""', b'"text":"' + b"x" * spare + b'"') + b"\r"
    assert len(text) == MAX_LINE_BYTES
    assert prompt_of(text, multi_turn=False).characters == spare
