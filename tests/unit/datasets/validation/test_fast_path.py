"""The fast path accepts only lines that the slow path accepts, with the same content."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distillery.core.tokens import token_weight
from distillery.datasets.validation import line_rules as rules
from distillery.datasets.validation.explain import explain
from distillery.datasets.validation.fast_path import AcceptedLines, LineLimits, accept_lines
from simulator_support.thoroughness import cases
from tests.unit.datasets.validation.generated import doubled, lines, mangled, records

pytestmark = pytest.mark.slow

NOVA, LLAMA = LineLimits(multi_turn=True), LineLimits(multi_turn=False)
JOB = LineLimits(multi_turn=True, as_job_input=True)
limits = st.sampled_from([NOVA, LLAMA, LineLimits(), LineLimits(multi_turn=True, context=120, answer=10), JOB])


def agree(line: bytes, limits: LineLimits) -> AcceptedLines | None:
    """Returns the result of the fast path; fails if the slow path reports a problem or another content."""
    fast, slow = accept_lines(line, [line], limits), explain(line, limits)
    if fast is None:
        return None
    assert slow.problems == []
    assert (fast.prompts, fast.answers) == ([slow.prompt], [slow.answer])
    assert fast.token_weight == sum(token_weight(text) for text in fast.prompts[0] if text)
    return fast


@settings(max_examples=cases(1000))
@given(st.one_of(lines(), mangled(), doubled()), limits)
def test_the_slow_path_accepts_what_the_fast_path_accepts(line: bytes, limits: LineLimits) -> None:
    agree(line, limits)


@given(records(text_values=st.text(st.characters(codec="utf-8"), max_size=20).filter(str.strip)))
def test_the_fast_path_accepts_a_good_line_without_special_characters(record: dict[str, Any]) -> None:
    line = json.dumps(record, ensure_ascii=False).encode()
    special = any(mark in line.decode() for mark in ("\\u0000", "\x85", "\u2028", "\u2029", "\\u003a"))
    assert (agree(line, NOVA) is None) <= special


@settings(max_examples=cases(500))
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
def test_a_duplicate_key_is_never_accepted(line: bytes) -> None:
    assert accept_lines(line, [line], NOVA) is None
    explained = explain(line, NOVA)
    assert explained.prompt is None
    assert rules.DUPLICATE_KEY in [problem.rule for problem in explained.problems]


BARE = '{"schemaVersion":"bedrock-conversation-2024","messages":[%s]}'
WITHOUT_ROLE, WITH_ROLE = '{"content":[{"text":"a","type":"text"}]}', '{"role":"user","content":[{"text":"a"}]}'


@pytest.mark.parametrize(
    "messages", [WITHOUT_ROLE, f"{WITH_ROLE},{WITHOUT_ROLE}", f"{WITH_ROLE},{WITHOUT_ROLE},{WITH_ROLE}"]
)
def test_a_message_without_a_role_is_not_accepted(messages: str) -> None:
    one = (BARE % messages).encode()
    assert accept_lines(one, [one], NOVA) is None
    assert "'role' is missing" in {problem.wrong for problem in explain(one, NOVA).problems}


@given(st.lists(st.one_of(lines(), mangled(), doubled()), min_size=1, max_size=6), limits)
def test_many_lines_are_accepted_only_if_each_is_accepted_alone(many: list[bytes], limits: LineLimits) -> None:
    together = accept_lines(b"".join(line + b"\n" for line in many), many, limits)
    alone = [accept_lines(line, [line], limits) for line in many]
    if all(alone):
        assert together is not None
        assert together.prompts == [one.prompts[0] for one in alone if one]
        assert together.answers == [one.answers[0] for one in alone if one]
        assert together.token_weight == sum(one.token_weight for one in alone if one)
    else:
        assert together is None


def line(*roles: str) -> bytes:
    messages = [{"role": role, "content": [{"text": "a"}]} for role in roles]
    return json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": messages}).encode()


@pytest.mark.parametrize(
    ("limits", "accepted"),
    [(NOVA, True), (LLAMA, False), (LineLimits(), False)],
    ids=["dialogues", "single turns", "unknown"],
)
def test_dialogues_are_accepted_for_students_that_support_them(limits: LineLimits, accepted: bool) -> None:
    dialogue = line("user", "assistant", "user")
    assert (accept_lines(dialogue, [dialogue], limits) is not None) is accepted


@pytest.mark.parametrize("roles", [("assistant",), ("user", "user"), ("user", "assistant", "assistant")])
def test_roles_that_do_not_alternate_are_not_accepted(roles: tuple[str, ...]) -> None:
    assert accept_lines(line(*roles), [line(*roles)], NOVA) is None


def test_a_line_of_exactly_the_limit_is_accepted_and_one_byte_more_is_not() -> None:
    short = line("user")
    full = short.replace(b'"a"', b'"' + b"a" * (16 * 1024 - len(short) + 1) + b'"')
    assert len(full) == 16 * 1024
    assert accept_lines(full, [full], NOVA)
    assert accept_lines(full + b" ", [full + b" "], NOVA) is None


def test_a_line_that_may_exceed_the_context_is_reported_with_both_bounds() -> None:
    short = LineLimits(multi_turn=True, context=150, answer=64)
    assert accept_lines(line("user"), [line("user")], short) is None
    (problem,) = explain(line("user"), short).problems
    assert problem.rule is rules.OVER_CONTEXT
    assert "1 tokens (estimated by script) and at most 106 (one per byte), and an answer has up to 64" in problem.wrong
    assert explain(line("user"), short).prompt == (None, "a")
