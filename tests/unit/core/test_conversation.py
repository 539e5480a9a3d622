"""One line of the schema, converted to a Prompt and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import NotAConversation, Prompt, converse_request, parse, to_line

USER = {"role": "user", "content": [{"text": "My card was charged twice."}]}
ASSISTANT = {"role": "assistant", "content": [{"text": "billing"}]}
texts = st.text(min_size=1).filter(lambda text: bool(text.strip()))


def line(**fields: Any) -> str:
    return json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": [USER]} | fields)


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    said = draw(st.lists(texts, min_size=1, max_size=7).filter(lambda said: len(said) % 2 == 1))
    roles = ("user", "assistant") * 4
    return Prompt(
        system=draw(st.none() | texts),
        messages=tuple(zip(roles, said, strict=False)),
        reference=draw(st.none() | texts),
    )


@given(prompts())
def test_a_prompt_survives_its_line(prompt: Prompt) -> None:
    assert parse(to_line(prompt)) == prompt


@given(prompts())
def test_a_line_without_its_reference_asks_the_same(prompt: Prompt) -> None:
    bare = parse(to_line(prompt, reference=False))
    assert bare.reference is None
    assert bare.digest == prompt.digest


@given(prompts())
def test_no_reader_takes_one_line_for_two(prompt: Prompt) -> None:
    assert len(to_line(prompt).splitlines()) == 1


def test_converse_is_asked_without_the_reference() -> None:
    prompt = parse(line(system=[{"text": "Classify."}], messages=[USER, ASSISTANT]))
    assert prompt.reference == "billing"
    assert converse_request(prompt) == {"system": [{"text": "Classify."}], "messages": [USER]}


def test_a_prompt_without_a_system_text_sends_none() -> None:
    assert "system" not in converse_request(parse(line()))


def test_a_dialogue_keeps_its_turns_and_the_last_answer_is_the_reference() -> None:
    prompt = parse(line(messages=[USER, ASSISTANT, USER, ASSISTANT]))
    assert (prompt.turns, len(prompt.messages), prompt.reference) == (2, 3, "billing")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Where is it?", "where  IS it?", True),
        ("Straße", "STRASSE", True),
        ("ﬁne", "fine", True),
        ("Where is it?", "Where is it", False),
    ],
)
def test_folding_makes_case_space_and_unicode_form_equal_and_nothing_else(one: str, other: str, same: bool) -> None:
    first, second = (Prompt(system=None, messages=(("user", text),), reference=None) for text in (one, other))
    assert (first.folded_digest == second.folded_digest) is same
    assert first.twin_digest != second.twin_digest or same
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10²", "102", False),
        ("x₂", "x2", False),
        ("1½", "11⁄2", False),
        ("① or ②", "1 or 2", False),
        ("ℝ", "R", False),
        ("Ｗｈｅｒｅ　ｉｓ １２", "where is 12", True),
        ("ﬁne", "fine", True),
        ("cafe\N{COMBINING ACUTE ACCENT}  10²", "CAFÉ 10²", True),
        ("ﻛﺘﺐ", "كتب", True),
    ],
)
def test_twins_are_the_same_for_every_reader(one: str, other: str, same: bool) -> None:
    first, second = (Prompt(system=one, messages=(("user", text),), reference=None) for text in (one, other))
    assert (first.twin_digest == second.twin_digest) is same
    first, second = (Prompt(system=text, messages=(("user", one),), reference=None) for text in (one, other))
    assert (first.twin_digest == second.twin_digest) is same


@given(st.text(max_size=20), st.text(max_size=20))
def test_twins_are_on_one_side(one: str, other: str) -> None:
    first, second = (Prompt(system=None, messages=(("user", text),), reference=None) for text in (one, other))
    assert first.twin_digest != second.twin_digest or first.folded_digest == second.folded_digest


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        "[]",
        "null",
        '{"schemaVersion": "bedrock-conversation-2024"}',
        line(schemaVersion="bedrock-conversion-2024"),
        line(messages=[]),
        line(messages="hello"),
        line(messages=[ASSISTANT]),
        line(messages=[USER, USER]),
        line(messages=[{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]),
        line(messages=[{"role": "user", "content": [{"image": {}}]}]),
        line(system=None),
    ],
)
def test_what_is_no_line_of_a_data_set_is_refused(text: str) -> None:
    with pytest.raises(NotAConversation, match="upload the prompts again"):
        parse(text)
