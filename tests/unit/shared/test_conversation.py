"""One line of the schema, as a Prompt and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.conversation import NotAConversation, Prompt, converse_request, parse, to_line

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
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": 1, "a": 2}', "twice"),
        (line(extra=float("nan")), "NaN"),
        ("[]", "the line is an empty list; an object"),
        ("null", "the line is null"),
        ('{"schemaVersion": "bedrock-conversation-2024"}', "lacks ['messages']"),
        (line(schemaVersion="bedrock-conversion-2024"), "schemaVersion"),
        (line(id=7), "1 unknown field(s)"),
        (line(messages=[]), "messages is an empty list"),
        (line(messages="hello"), "messages is a text"),
        (line(messages=["hello"]), "messages[0] is a text; an object"),
        (line(messages=[ASSISTANT]), "messages[0].role is not 'user'"),
        (line(messages=[USER, USER]), "messages[1].role is not 'assistant'"),
        (line(messages=[{"role": "user"}]), "messages[0] lacks ['content']"),
        (line(messages=[{"role": "user", "content": "hello"}]), "content is a text; a list"),
        (line(messages=[{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]), "2 blocks"),
        (line(messages=[{"role": "user", "content": [{"image": {}}]}]), "lacks ['text']"),
        (line(messages=[{"role": "user", "content": [{"text": "a", "type": "image"}]}]), "text alone"),
        (line(messages=[{"role": "user", "content": [{"text": 3}]}]), "is no text"),
        (line(messages=[{"role": "user", "content": [{"text": " \n"}]}]), "is empty"),
        (line(messages=[{"role": "user", "content": [{"text": "\ud800"}]}]), "surrogate"),
        (line(system=None), "system is null"),
        (line(system=[{"text": "a"}, {"text": "b"}]), "system has 2 blocks"),
    ],
)
def test_a_line_that_is_not_of_the_schema_says_why(text: str, reason: str) -> None:
    with pytest.raises(NotAConversation) as caught:
        parse(text)
    assert reason in str(caught.value)


def test_a_reason_never_quotes_a_prompt() -> None:
    secret = {"role": "user", "content": [{"text": "my PIN is 1234", "my PIN is 1234": 1}]}
    with pytest.raises(NotAConversation) as caught:
        parse(line(messages=[secret]))
    assert "PIN" not in str(caught.value)
