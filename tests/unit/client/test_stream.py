"""A stream falls back until it has delivered text, and never delivers anything twice."""

import contextlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import ProtocolError

from distillery.client import AllStepsFailed, StreamBroken
from tests.unit.client.harness import (
    HAIKU,
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    START,
    THOUGHT,
    THROTTLED,
    ClientHarness,
    delta,
    end,
    event_refusal,
    refusal,
    route_map,
)

WHOLE = [START, THOUGHT, delta("hel"), delta("lo"), *end(performanceConfig={"latency": "optimized"})]
BREAKS: list[Exception] = [
    event_refusal("throttlingException"),
    event_refusal("modelStreamErrorException"),
    event_refusal("internalServerException"),
    ProtocolError("Response ended prematurely"),
]


def harness_of(*streams: list[Any]) -> ClientHarness:
    """Scripts the first step's streams, call by call. The second step streams everything."""
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO], harness.script[HAIKU] = list(streams), [[START, delta("other"), *end()]]
    return harness


def test_texts_come_one_by_one_and_then_the_reply() -> None:
    harness = harness_of(WHOLE)
    stream = harness.route().converse_stream(messages=MESSAGES)
    assert list(stream) == ["hel", "lo"]
    reply = stream.reply
    assert (reply.text, reply.index, str(reply.served), reply.cost is None) == ("hello", 0, "optimized", False)
    assert reply.response["output"]["message"]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "thinking"}}},
        {"text": "hello"},
    ]
    assert (reply.stop_reason, reply.input_tokens, reply.latency_ms) == ("end_turn", 1000, 321)
    assert reply.time_to_first_token_ms == pytest.approx(
        1000
    )  # the thought is the second event; each event takes half a second
    assert reply.output_tokens_per_second == pytest.approx(9 / 2.5)
    assert harness.streams[0].closed


def test_events_are_bedrocks_own() -> None:
    assert list(harness_of(WHOLE).route().converse_stream(messages=MESSAGES).events()) == WHOLE


@pytest.mark.parametrize("error", BREAKS, ids=str)
@pytest.mark.parametrize("before", [[], [START], [START, THOUGHT]], ids=len)
def test_before_the_first_text_a_broken_stream_is_begun_anew(before: list[Any], error: Exception) -> None:
    harness = harness_of([*before, error])
    stream = harness.route().converse_stream(messages=MESSAGES)
    assert list(stream) == ["other"]
    assert (harness.called, stream.reply.index) == ([PRO, PRO, HAIKU], 1)
    assert all(each.closed for each in harness.streams)


@pytest.mark.parametrize("error", BREAKS, ids=str)
def test_after_the_first_text_it_is_never_begun_again(error: Exception) -> None:
    harness = harness_of([START, delta("hel"), delta("lo"), error])
    said: list[str] = []
    with pytest.raises(StreamBroken, match="failed after 5 characters") as broken:
        said.extend(harness.route().converse_stream(messages=MESSAGES))  # keeps what was received before
    assert (said, broken.value.text, harness.called) == (["hel", "lo"], "hello", [PRO])
    assert broken.value.__cause__ is error
    assert (broken.value.attempts[-1].error, [told.error for told in harness.observed]) == (
        broken.value.attempts[0].error,
        ["StreamBroken"],
    )


def test_events_commit_to_a_models_reasoning() -> None:
    harness = harness_of([START, THOUGHT, BREAKS[0]])
    events = harness.route().converse_stream(messages=MESSAGES).events()
    assert [next(events), next(events)] == [START, THOUGHT]
    with pytest.raises(StreamBroken, match="after 0 characters"):
        next(events)
    assert harness.called == [PRO]


@pytest.mark.parametrize("events", [[], [START], [START, THOUGHT]], ids=len)
def test_a_stream_that_ends_without_an_error_and_without_its_message_is_broken(events: list[Any]) -> None:
    stream = harness_of(events).route().converse_stream(messages=MESSAGES)
    assert list(stream) == ["other"]
    assert stream.reply.attempts[0].error == "StreamTruncated"


def test_a_message_that_was_said_whole_is_whole_though_its_figures_are_lost() -> None:
    harness = harness_of([START, delta("hello"), {"messageStop": {"stopReason": "end_turn"}}, BREAKS[3]])
    stream = harness.route().converse_stream(messages=MESSAGES)
    assert list(stream) == ["hello"]
    assert (stream.reply.stop_reason, stream.reply.cost) == ("end_turn", None)


def test_a_refusal_comes_from_the_call_and_walks_as_any() -> None:
    harness = harness_of([])
    harness.script[PRO] = [THROTTLED]
    assert list(harness.route().converse_stream(messages=MESSAGES)) == ["other"]
    harness.script[PRO] = [refusal("ValidationException", "too long")]
    with pytest.raises(ClientError, match="too long"):
        harness.route().converse_stream(messages=MESSAGES)
    harness.script[PRO] = harness.script[HAIKU] = [THROTTLED]
    with pytest.raises(AllStepsFailed):
        harness.route().converse_stream(messages=MESSAGES)
    assert [told.error for told in harness.observed] == [None, "ValidationException", "AllStepsFailed"]


def test_a_stream_that_nothing_takes_over_says_so_when_it_is_read() -> None:
    harness = harness_of([START, BREAKS[0]])
    harness.script[HAIKU] = [[START, BREAKS[1]]]
    stream = harness.route().converse_stream(messages=MESSAGES)
    with pytest.raises(AllStepsFailed, match="ModelStreamErrorException"):
        list(stream)
    assert [told.error for told in harness.observed] == ["AllStepsFailed"]


def test_what_is_the_callers_to_mend_is_raised_from_within_a_stream_too() -> None:
    harness = harness_of([event_refusal("validationException")])
    with pytest.raises(ClientError, match="in the stream"):
        list(harness.route().converse_stream(messages=MESSAGES))
    assert ([told.error for told in harness.observed], harness.called) == (["ValidationException"], [PRO])


def test_a_stream_may_be_left_early_and_is_reported_once() -> None:
    harness = harness_of(WHOLE)
    with harness.route().converse_stream(messages=MESSAGES) as stream:
        with pytest.raises(RuntimeError, match="has not ended"):
            _ = stream.reply
        assert next(iter(stream)) == "hel"
    assert (stream.reply.text, stream.reply.cost, stream.text) == ("hel", None, "hel")
    assert harness.streams[0].closed
    assert len(harness.observed) == 1
    with pytest.raises(RuntimeError, match="can be read once"):
        next(stream.events())


@pytest.mark.parametrize("rest", [[], [BREAKS[3]], end(), [delta("lo"), *end()]], ids=len)
def test_a_stream_that_is_closed_while_it_is_read_is_over(rest: list[Any]) -> None:
    """No error, no second metric, and no effect on the circuit breaker."""
    harness = harness_of([START, delta("hel"), *rest])
    stream, said = harness.route().converse_stream(messages=MESSAGES), list[str]()
    for text in stream:
        said.append(text)
        stream.close()
    assert (said, stream.reply.text, stream.reply.served) == (["hel"], "hel", None)
    assert ([told.error for told in harness.observed], len(stream.reply.attempts)) == ([None], 1)


TOOL = [
    START,
    {"contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "find"}}}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"city": '}}}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '"Bonn"}'}}}},
    *end(),
]


def test_a_tool_is_put_together() -> None:
    stream = harness_of(TOOL).route().converse_stream(messages=MESSAGES)
    assert list(stream) == []
    (block,) = stream.reply.response["output"]["message"]["content"]
    assert block == {"toolUse": {"toolUseId": "t", "name": "find", "input": {"city": "Bonn"}}}


@given(
    streams=st.lists(
        st.tuples(st.lists(st.sampled_from([START, THOUGHT, delta("a"), delta("b")])), st.sampled_from(BREAKS)),
        max_size=4,
    ),
    events=st.booleans(),
)
def test_whatever_breaks_nothing_is_handed_out_twice(streams: list[tuple[list[Any], Any]], events: bool) -> None:
    """The caller receives the text of one stream: the last one, and no other follows one that delivered text."""
    harness = harness_of(*[[*some, error] for some, error in streams], WHOLE)
    stream, given_out = harness.route().converse_stream(messages=MESSAGES), list[str]()
    with contextlib.suppress(StreamBroken):
        given_out.extend(map(text_of, stream.events()) if events else stream)  # keeps what was received before
    assert stream.text == "".join(given_out)
    *before, last = ["".join(map(text_of, each.events)) for each in harness.streams]
    assert (before, last) == ([""] * len(before), "".join(given_out))


def text_of(event: Any) -> str:
    return (
        "" if isinstance(event, Exception) else str(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))
    )
