"""The fast way accepts nothing that the explaining way would refuse, and understands it the same."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distillery.datasets.validation.explain import explain
from distillery.datasets.validation.fast_path import Good, good
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import shape, syntax
from tests.unit.datasets.validation.generated import doubled, lines, mangled, records

NOVA, LLAMA = Rules(multi_turn=True), Rules(multi_turn=False)
rules = st.sampled_from([NOVA, LLAMA, Rules(), Rules(multi_turn=True, context=120, answer=10)])


def agree(line: bytes, rules: Rules) -> Good | None:
    """What both say of a line; fails where the fast way took what the other refuses or warns of."""
    fast, slow = good(line, [line], rules), explain(line, rules)
    if fast is None:
        return None
    assert slow.problems == []
    assert (fast.asked, fast.answers) == ([slow.asked], [slow.answer])
    assert fast.characters == sum(len(text) for text in fast.asked[0] if text)
    return fast


@settings(max_examples=1000)
@given(st.one_of(lines(), mangled(), doubled()), rules)
def test_what_the_fast_way_takes_the_explaining_way_takes_too_with_the_same_content(line: bytes, rules: Rules) -> None:
    agree(line, rules)


@given(records(said=st.text(st.characters(codec="utf-8"), max_size=20).filter(str.strip)))
def test_a_good_line_goes_the_fast_way_unless_it_holds_what_must_be_looked_at(record: dict[str, Any]) -> None:
    line = json.dumps(record, ensure_ascii=False).encode()
    looked_at = any(mark in line.decode() for mark in ("\\u0000", "\x85", "\u2028", "\u2029", "\\u003a"))
    assert (agree(line, NOVA) is None) <= looked_at


@settings(max_examples=500)
@given(doubled())
@example(
    b'{"schemaVersion":"bedrock-conversation-2024","messages":[{"role":"user","content":[{"text":"a","text":"\\u003A"}]}]}'
)
@example(
    b'{"schemaVersion":"bedrock-conversation-2024","messages":[{"role":"user","content":[{"text":"b","te\\u0078t":"a"}]}]}'
)
@example(
    b'{"schemaVersion":"bedrock-conversation-2024","messages":[{"content":[{"type":"text","text":"a","t\\u0079pe":"text"}],"role":"user"}]}'
)
def test_a_key_that_stands_twice_is_never_taken(line: bytes) -> None:
    assert good(line, [line], NOVA) is None
    explained = explain(line, NOVA)
    assert explained.asked is None
    assert syntax.DUPLICATE_KEY in [problem.kind for problem in explained.problems]


BARE = '{"schemaVersion":"bedrock-conversation-2024","messages":[%s]}'
NOBODY, SOMEBODY = '{"content":[{"text":"a","type":"text"}]}', '{"role":"user","content":[{"text":"a"}]}'


@pytest.mark.parametrize("messages", [NOBODY, f"{SOMEBODY},{NOBODY}", f"{SOMEBODY},{NOBODY},{SOMEBODY}"])
def test_a_message_of_nobody_is_not_taken(messages: str) -> None:
    nobodys = (BARE % messages).encode()
    assert good(nobodys, [nobodys], NOVA) is None
    assert "'role' is missing" in {problem.wrong for problem in explain(nobodys, NOVA).problems}


@given(st.lists(st.one_of(lines(), mangled(), doubled()), min_size=1, max_size=6), rules)
def test_many_lines_are_taken_together_only_if_each_is_taken_alone(many: list[bytes], rules: Rules) -> None:
    together = good(b"".join(line + b"\n" for line in many), many, rules)
    alone = [good(line, [line], rules) for line in many]
    if all(alone):
        assert together is not None
        assert together.asked == [one.asked[0] for one in alone if one]
        assert together.answers == [one.answers[0] for one in alone if one]
        assert together.characters == sum(one.characters for one in alone if one)
    else:
        assert together is None


def line(*roles: str) -> bytes:
    messages = [{"role": role, "content": [{"text": "a"}]} for role in roles]
    return json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": messages}).encode()


@pytest.mark.parametrize(
    ("rules", "taken"), [(NOVA, True), (LLAMA, False), (Rules(), False)], ids=["dialogues", "single turns", "unknown"]
)
def test_dialogues_are_taken_for_students_that_learn_from_them(rules: Rules, taken: bool) -> None:
    dialogue = line("user", "assistant", "user")
    assert (good(dialogue, [dialogue], rules) is not None) is taken


@pytest.mark.parametrize("roles", [("assistant",), ("user", "user"), ("user", "assistant", "assistant")])
def test_roles_out_of_turn_are_not_taken(roles: tuple[str, ...]) -> None:
    assert good(line(*roles), [line(*roles)], NOVA) is None


def test_a_line_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    short = line("user")
    full = short.replace(b'"a"', b'"' + b"a" * (16 * 1024 - len(short) + 1) + b'"')
    assert len(full) == 16 * 1024
    assert good(full, [full], NOVA)
    assert good(full + b" ", [full + b" "], NOVA) is None


def test_a_line_that_could_outgrow_the_students_context_is_told_with_both_bounds() -> None:
    short = Rules(multi_turn=True, context=150, answer=64)
    assert good(line("user"), [line("user")], short) is None
    (problem,) = explain(line("user"), short).problems
    assert problem.kind is shape.OVER_CONTEXT
    assert "1 tokens (characters / 4) or to at most 106 (one a byte), and an answer to 64" in problem.wrong
    assert explain(line("user"), short).asked == (None, "a")
