"""What a team's function is sent, and which of its responses are scores."""

import contextlib
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.scoring.exchange import BadResponse, request, response

PROMPT = Prompt(
    system="Answer in one sentence.",
    messages=(("user", "How long?"), ("assistant", "What?"), ("user", "The return.")),
    reference="38 days",
)


def test_the_documented_request() -> None:
    assert json.loads(request("support", PROMPT, "It takes 2 days.")) == {
        "version": 1,
        "recipe": "support",
        "prompt": {
            "system": "Answer in one sentence.",
            "messages": [
                {"role": "user", "content": "How long?"},
                {"role": "assistant", "content": "What?"},
                {"role": "user", "content": "The return."},
            ],
        },
        "reference": "38 days",
        "answer": "It takes 2 days.",
    }


def test_what_there_is_not_is_null() -> None:
    sent = json.loads(request("support", Prompt(system=None, messages=(("user", "?"),), reference=None), ""))
    assert (sent["prompt"]["system"], sent["reference"], sent["answer"]) == (None, None, "")


SCORES: list[tuple[str, Grade]] = [
    ('{"score": 1}', Grade(score=Fraction(1))),
    ('{"score": 0}', Grade(score=Fraction(0))),
    ('{"score": 0.1}', Grade(score=Fraction(1, 10))),
    ('{"score": 1.0, "reason": null, "parts": null}', Grade(score=Fraction(1))),
    ('{"score": 5e-1, "reason": "half\\nof it"}', Grade(score=Fraction(1, 2), reason="half of it")),
    (
        '{"score": 0.5, "reason": "日", "parts": {"days": 1, "source": 0.25}}',
        Grade(score=Fraction(1, 2), reason="日", parts={"days": Fraction(1), "source": Fraction(1, 4)}),
    ),
]


@pytest.mark.parametrize(("body", "grade"), SCORES)
def test_a_score_is_read_exactly(body: str, grade: Grade) -> None:
    assert response(body.encode()) == grade


REFUSED: list[tuple[str, str]] = [
    ("", "is empty"),
    ("null", "no object with a score"),
    ("0.5", "no object with a score"),
    ('{"statusCode": 200, "body": "{}"}', "no object with a score"),
    ('{"score": 1, "statusCode": 200}', "unknown key 'statusCode'"),
    ('[{"id": "a", "score": 1}]', "no object with a score"),
    ('{"scores": {"a": 1, "b": 0}}', "no object with a score"),
    ('{"id": "of another answer", "score": 1}', "unknown key 'id'"),
    ('{"score": [1]}', "not a number from 0 to 1"),
    ('{"score": 1.01}', "not a number from 0 to 1"),
    ('{"score": -0.1}', "not a number from 0 to 1"),
    ('{"score": true}', "not a number from 0 to 1"),
    ('{"score": "1"}', "not a number from 0 to 1"),
    ('{"score": null}', "not a number from 0 to 1"),
    ('{"score": NaN}', "NaN"),
    ('{"score": 1e-999999999}', "exponent"),
    ('{"score": 0, "score": 1}', "same key twice"),
    ('{"score": 1, "reason": ["x"]}', "reason that is no text"),
    ('{"score": 1, "parts": [1]}', "parts that are no object"),
    ('{"score": 1, "parts": {"days": 2}}', "for the part 'days'"),
    ('{"score": 1, "parts": {' + ", ".join(f'"{n}": 1' for n in range(101)) + "}}", "at most 100"),
    ('{"score": 1}' + " " * 16_384, "more than 16384 bytes"),
    ("[" * 1_000 + "]" * 1_000, "deeper"),
]


@pytest.mark.parametrize(("body", "told"), REFUSED)
def test_anything_else_is_no_score(body: str, told: str) -> None:
    with pytest.raises(BadResponse, match=told):
        response(body.encode())


def test_bytes_that_are_no_text_are_no_score() -> None:
    with pytest.raises(BadResponse, match="UTF-8"):
        response(b'{"score": 1, "reason": "\xff"}')


@pytest.mark.parametrize(("score", "fits"), [("0", True), ("1", True), ("1.0", True), ("0.5", False)])
def test_a_binary_function_gives_0_or_1(score: str, fits: bool) -> None:
    body = f'{{"score": {score}}}'.encode()
    if fits:
        assert response(body, binary=True).score in (0, 1)
        return
    with pytest.raises(BadResponse, match="0 or 1"):
        response(body, binary=True)


def test_what_a_reader_sees_is_bounded_and_escaped() -> None:
    grade = response(json.dumps({"score": 0, "reason": "\x1b]52;" + "x" * 5_000, "parts": {"\u202e": 1}}).encode())
    assert len(grade.reason) <= 1_000
    assert "\x1b" not in grade.reason
    assert list(grade.parts) == ["\\u202e"]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON | st.fixed_dictionaries({"score": JSON, "reason": JSON, "parts": JSON}))
def test_every_response_is_a_score_or_refused(value: Any) -> None:
    try:
        grade = response(json.dumps(value).encode())
    except BadResponse:
        return
    assert 0 <= grade.score <= 1


@given(st.binary(max_size=200))
def test_every_body_is_a_score_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadResponse):
        assert 0 <= response(body).score <= 1
