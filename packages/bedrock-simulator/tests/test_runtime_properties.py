"""Properties of every response and body: truncation, encoding, and no crash."""

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from bedrock_simulator.catalog import supported_models
from bedrock_simulator.models.text import Prompt, tokens
from bedrock_simulator.ports import Request
from bedrock_simulator.protocol import eventstream
from bedrock_simulator.runtime.call import Target
from bedrock_simulator.runtime.generation import InferenceRequest, generate
from simulator_support.fakes import ACCOUNT, World

PRO = Target(supported_models.MODELS["amazon.nova-pro-v1:0"], "model")
TEXT = st.text(max_size=80)
NAMES = st.text(min_size=1, max_size=60, alphabet=st.characters(codec="utf-8"))
HEADERS = st.dictionaries(NAMES, st.text(max_size=300, alphabet=st.characters(codec="utf-8")), max_size=6)
MODELS = ("us.amazon.nova-pro-v1:0", "us.anthropic.claude-haiku-5-5", "us.meta.llama3-3-70b-instruct-v1:0")
KNOWN = st.sampled_from(
    ["messages", "system", "inferenceConfig", "maxTokens", "stopSequences", "schemaVersion", "prompt", "max_gen_len",
     "anthropic_version", "max_tokens", "role", "content", "text", "type", "stop_sequences", "temperature"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 9999), st.floats(allow_nan=False, allow_infinity=False), TEXT,
    st.sampled_from(["user", "assistant", "system", "messages-v1", "bedrock-2023-05-31", "text"]),
)  # fmt: skip
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KNOWN, inner, max_size=5)),
    max_leaves=12,
)


SAID = {"role": "user", "content": [{"type": "text", "text": "hello"}]}
VALID: dict[str, dict[str, Any]] = {
    MODELS[0]: {"messages": [{"role": "user", "content": [{"text": "hello"}]}], "inferenceConfig": {}},
    MODELS[1]: {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [SAID],
        "stop_sequences": ["."],
    },
    MODELS[2]: {"prompt": "hello", "max_gen_len": 9},
}


def altered(body: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A valid body with one member replaced or added."""
    return st.tuples(st.one_of(st.sampled_from(sorted(body)), KNOWN), BODIES).map(lambda one: body | {one[0]: one[1]})


@given(TEXT, st.integers(1, 30), st.lists(st.text(min_size=1, max_size=3), max_size=3))
def test_a_completion_ends_where_its_stop_reason_says(generated: str, most: int, stops: list[str]) -> None:
    completion = generate(InferenceRequest(Prompt("", "?"), most, tuple(stops)), PRO, lambda *_: generated)
    assert generated.startswith(completion.text)
    assert completion.tokens <= most
    if completion.stop_reason == "end_turn":
        assert completion.text == generated
    if completion.stop_reason == "stop_sequence":
        assert generated[len(completion.text) :].startswith(str(completion.stop_sequence))
    if completion.stop_reason == "max_tokens":
        assert tokens(generated) > most
    assert completion.stop_reason == "max_tokens" or not any(stop in completion.text for stop in stops)


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=2000)), max_size=4))
def test_botocore_reads_every_frame(written: list[tuple[dict[str, str], bytes]]) -> None:
    pieces = [eventstream.message(headers, payload) for headers, payload in written]
    buffer: Any = EventStreamBuffer()
    buffer.add_data(b"".join(pieces))
    assert [(message.headers, message.payload) for message in buffer] == written
    assert list(eventstream.messages(b"".join(pieces))) == pieces


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_any_body_is_answered_or_refused(world: World, model: str, data: st.DataObject) -> None:
    body = data.draw(st.one_of(BODIES, altered(VALID[model])))
    path, sent = f"/model/{model}/invoke", json.dumps(body).encode()
    completion = world.bedrock.handle(Request("bedrock-runtime", ACCOUNT, "us-east-1", "POST", path, {}, {}, sent))
    assert completion.status == 200 or completion.headers["x-amzn-ErrorType"] == "ValidationException"


@given(body=st.one_of(BODIES, altered(VALID[MODELS[0]])))
def test_any_conversation_is_answered_or_refused(world: World, body: Any) -> None:
    sent = json.dumps(body if isinstance(body, dict) else {"messages": body}).encode()
    path = f"/model/{MODELS[0]}/converse"
    completion = world.bedrock.handle(Request("bedrock-runtime", ACCOUNT, "us-east-1", "POST", path, {}, {}, sent))
    assert completion.status == 200 or completion.headers["x-amzn-ErrorType"] == "ValidationException"
