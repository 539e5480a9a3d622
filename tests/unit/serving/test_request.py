"""The requests that the invoke function accepts, and refusals that do not quote the request."""

import json
from typing import Any

import pytest

from distillery.core.errors import BadRequest
from lambdas.serving.request import MAX_CHARACTERS, MAX_TOKENS, MAX_TURNS, parse_request

TURNS = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": [{"text": "b"}]},
    {"role": "user", "content": "c"},
]


def test_turns_may_be_texts_or_converse_blocks() -> None:
    messages = parse_request({"route": "fast", "messages": TURNS}).conversation["messages"]
    assert [(m["role"], m["content"][0]["text"]) for m in messages] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


def test_a_pair_of_surrogates_that_json_spelled_is_one_character() -> None:
    said = json.loads('{"route": "fast", "prompt": "\\ud83d\\ude00"}')
    assert parse_request(said).conversation["messages"][0]["content"][0]["text"] == "😀"


def test_the_limits_themselves_are_allowed() -> None:
    long = {"role": "user", "content": "x" * (MAX_CHARACTERS - 1)}
    request = parse_request({"route": "fast", "messages": [long], "system": "y", "max_tokens": MAX_TOKENS})
    assert request.max_tokens == MAX_TOKENS
    assert parse_request({"route": "fast", "prompt": "x"}).max_tokens is None


WRONG: list[tuple[Any, str]] = [
    ("text", "not a JSON object"),
    ({"prompt": "secret"}, "'route'"),
    ({"route": "fast"}, "either"),
    ({"route": "fast", "prompt": "secret", "messages": TURNS}, "either"),
    ({"route": "fast", "prompt": "  "}, "'prompt'"),
    ({"route": "fast", "prompt": ["secret"]}, "'prompt'"),
    ({"route": "fast", "prompt": "secret", "temperature": 1}, "unknown fields"),
    ({"route": "fast", "prompt": "secret", "system": ""}, "'system'"),
    ({"route": "fast", "prompt": "secret", "key": ""}, "'key'"),
    ({"route": "fast", "prompt": "secret", "key": 4711}, "'key'"),
    ({"route": "fast", "prompt": "x", "key": "secret" * 43}, "at most 256"),
    ({"route": "fast", "prompt": "secret", "max_tokens": 0}, "max_tokens"),
    ({"route": "fast", "prompt": "secret", "max_tokens": True}, "max_tokens"),
    ({"route": "fast", "prompt": "secret", "max_tokens": "secret"}, "max_tokens"),
    ({"route": "fast", "prompt": "secret", "max_tokens": MAX_TOKENS + 1}, f"from 1 to {MAX_TOKENS}"),
    ({"route": "fast", "prompt": "secret" * (MAX_CHARACTERS // 6 + 1)}, f"at most {MAX_CHARACTERS}"),
    ({"route": "fast", "prompt": "x", "system": "y" * MAX_CHARACTERS}, f"at most {MAX_CHARACTERS}"),
    ({"route": "fast", "messages": []}, "not a list of turns"),
    ({"route": "fast", "messages": TURNS[:2] * (MAX_TURNS // 2) + TURNS[:1]}, f"at most {MAX_TURNS}"),
    ({"route": "fast", "messages": ["secret"]}, "messages\\[0\\]"),
    ({"route": "fast", "messages": [{"role": "assistant", "content": "secret"}]}, "messages\\[0\\] is not by 'user'"),
    ({"route": "fast", "messages": [{"role": "user", "content": [{"image": {}}]}]}, "content"),
    ({"route": "fast", "messages": TURNS[:2]}, "last"),
    ({"route": "fast", "prompt": "secret \ud83d"}, "'prompt' contains half of a surrogate pair"),
    ({"route": "fast", "prompt": "x", "system": "\ude00 secret"}, "'system' contains half"),
    ({"route": "f\ud83d", "prompt": "secret"}, "'route' contains half"),
    ({"route": "fast", "messages": [{"role": "user", "content": "secret\ud83d"}]}, "content' contains half"),
]


@pytest.mark.parametrize(("event", "message"), WRONG)
def test_a_request_of_the_wrong_shape_is_refused_without_quoting_it(event: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as refused:
        parse_request(event)
    assert "secret" not in str(refused.value)
