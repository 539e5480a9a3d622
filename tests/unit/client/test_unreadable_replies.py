"""What comes back and is no reply: cut off, not JSON, another structure. It is a failure that another attempt may mend,
never an empty success, and never an error of Python.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_simulator.protocol import eventstream
from distillery.client import MapUnavailable, Route, StreamBroken
from distillery.client.fallback import STEP_ATTEMPTS
from simulator_support.thoroughness import cases
from tests.unit.client.harness import MESSAGES, START, THOUGHT, answer, delta, end
from tests.unit.client.raw_server import (
    BAD,
    GOOD,
    MAP,
    RESET,
    Piece,
    RawServer,
    chunked,
    frames,
    http_response,
    parameter,
    reply_body,
    serving,
)

pytestmark = pytest.mark.slow

BODY = reply_body("whole")
HTML = b"<html><body>Sign in to the guest network</body></html>"
NESTED = b"[" * 5000


def changed(**members: Any) -> bytes:
    return json.dumps(answer() | members).encode()


def without(member: str) -> bytes:
    return json.dumps({name: value for name, value in answer().items() if name != member}).encode()


NONSENSE: dict[str, bytes] = {
    "nothing": b"",
    "empty object": b"{}",
    "null": b"null",
    "list": b"[]",
    "number": b"5",
    "text": b'"whole"',
    "html": HTML,
    "bad UTF-8": b"\xff\xfe\x00",
    "nested": NESTED,
    "half": BODY[: len(BODY) // 2],
    "an error with 200": b'{"message": "Internal server error"}',
    **{f"no {member}": without(member) for member in ("output", "stopReason", "usage", "metrics")},
    "output is text": changed(output="whole"),
    "no message": changed(output={}),
    "message is a list": changed(output={"message": []}),
    "no content": changed(output={"message": {"role": "assistant"}}),
    "content is an object": changed(output={"message": {"role": "assistant", "content": {"text": "whole"}}}),
    "block is text": changed(output={"message": {"role": "assistant", "content": ["whole"]}}),
    "text is a number": changed(output={"message": {"role": "assistant", "content": [{"text": 5}]}}),
    "stop reason is empty": changed(stopReason=""),
    "stop reason is a number": changed(stopReason=5),
    "usage is a list": changed(usage=[]),
    "usage is empty": changed(usage={}),
    "tokens are text": changed(usage={"inputTokens": "many", "outputTokens": 1, "totalTokens": 1}),
    "tokens are negative": changed(usage={"inputTokens": -1, "outputTokens": 1, "totalTokens": 1}),
    "metrics is null": changed(metrics=None),
    "tier is a list": changed(serviceTier=[]),
    "latency is a number": changed(performanceConfig={"latency": 5}),
}
"""Bodies with status 200."""
RESPONSES: dict[str, bytes] = {
    "cut": http_response(BODY[:40], length=len(BODY)),
    "too long": http_response(BODY + b" " * 9, length=len(BODY) + 20),
    "cut in its last chunk": chunked(BODY, end=False),
    "cut in its headers": b"HTTP/1.1 200 OK\r\ncontent-len",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "not a byte": b"",
    "204": http_response(b"", "204 No Content"),
    "302": http_response(HTML, "302 Found", "location: https://portal.example/"),
    "400 without a name": http_response(b'{"message": "no"}', "400 Bad Request"),
    "403 HTML": http_response(HTML, "403 Forbidden"),
    "404 HTML": http_response(HTML, "404 Not Found"),
    "407": http_response(b"", "407 Proxy Authentication Required"),
    "429 nothing": http_response(b"", "429 Too Many Requests"),
    "502 HTML": http_response(HTML, "502 Bad Gateway"),
    "503 cut": http_response(b'{"mess', "503 Service Unavailable", length=99),
    "400 list": http_response(b"[]", "400 Bad Request", "x-amzn-errortype: ValidationException"),
    "400 cut": http_response(
        b'{"message": "The provided model id', "400 Bad Request", "x-amzn-errortype: ValidationException", length=61
    ),
    "400 cut, of unknown length": b"HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: ValidationException\r\n\r\n"
    b'{"message": "The provided mode',
}
"""Whole responses, to Converse and ConverseStream."""


@pytest.fixture(scope="module")
def raw() -> Iterator[RawServer]:
    with serving(lambda path, body: []) as server:
        yield server


@pytest.fixture
def route(raw: RawServer) -> Route:
    raw.observed.clear()
    return raw.route()


def answers(raw: RawServer, *pieces: Piece) -> None:
    raw.bad = lambda path, body: pieces
    raw.paths.clear()


def both_steps_were_tried(raw: RawServer) -> None:
    called = [BAD if BAD in path else GOOD for path in raw.paths if path != "/"]
    assert called == [BAD] * STEP_ATTEMPTS + [GOOD]
    assert [(each.error, each.reply and each.reply.index) for each in raw.observed] == [(None, 1)]


@pytest.mark.parametrize(
    "response",
    [*RESPONSES.values(), *map(http_response, NONSENSE.values())],
    ids=[*RESPONSES, *NONSENSE],
)
def test_what_is_no_reply_is_never_an_empty_success(raw: RawServer, route: Route, response: bytes) -> None:
    answers(raw, response)
    reply = route.converse(messages=MESSAGES)
    assert (reply.text, reply.index, [each.error is None for each in reply.attempts]) == (
        "other",
        1,
        [False, False, True],
    )
    both_steps_were_tried(raw)


def test_a_reply_that_is_reset_is_no_reply(raw: RawServer, route: Route) -> None:
    answers(raw, http_response(BODY[:40], length=len(BODY)), RESET)
    assert route.converse(messages=MESSAGES).text == "other"
    both_steps_were_tried(raw)


@settings(max_examples=cases(40), deadline=None)
@given(data=st.data(), chunks=st.booleans())
def test_a_reply_cut_anywhere_is_no_reply(raw: RawServer, data: st.DataObject, chunks: bool) -> None:
    response = chunked(BODY[:100], BODY[100:]) if chunks else http_response(BODY)
    needed = len(response) - (len("\r\n\r\n") if chunks else 0)  # what ends the last chunk is not
    answers(raw, response[: data.draw(st.integers(0, needed - 1))])
    assert raw.route().converse(messages=MESSAGES).text == "other"


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, 1.5, True, "", "x", [], {}, [{}], {"x": 1}, [[]], "\ud800"]
)


def replaced(document: Any, path: list[Any], value: Any) -> Any:
    result = copy.deepcopy(document)
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return result


def paths(value: Any) -> Iterator[list[Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield [key]
        yield from ([key, *rest] for rest in paths(each))


REPLY = answer("whole", performanceConfig={"latency": "optimized"}, serviceTier={"type": "default"})


@settings(max_examples=cases(80), deadline=None)
@given(path=st.sampled_from(list(paths(REPLY))), junk=JUNK)
def test_whatever_stands_in_a_member_the_reply_is_used_or_not(raw: RawServer, path: list[Any], junk: Any) -> None:
    """Never an error of Python. What is used has what a caller counts on."""
    answers(raw, http_response(json.dumps(replaced(REPLY, path, junk)).encode()))
    reply = raw.route().converse(messages=MESSAGES)
    assert reply.index == 1 or (isinstance(reply.text, str) and reply.stop_reason and reply.input_tokens >= 0)
    assert reply.index == 1 or reply.cost is None or reply.cost >= 0
    str(reply.served)


STREAM = frames(START, THOUGHT, delta("wh"), delta("ole"), *end())
FIRST_TEXT = len(frames(START, THOUGHT))
ERROR_FRAME = eventstream.message({":message-type": "error", ":error-code": "InternalFailure"}, b"")


def wrong_checksum(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


BAD_STREAMS: dict[str, bytes] = {
    "nothing": b"",
    "html": HTML,
    "json": b'{"message": "Internal server error"}',
    "a wrong checksum": wrong_checksum(frames(START)),
    "a wrong checksum later": frames(START) + wrong_checksum(frames(THOUGHT)),
    "half a frame": frames(START)[:20],
    "an error frame": ERROR_FRAME,
    "an error frame later": frames(START, THOUGHT) + ERROR_FRAME,
    "an error frame without a code": eventstream.message({":message-type": "error"}, b""),
    "an unknown exception": eventstream.exception("accessDeniedExceptionOfTomorrow", "no"),
    "no message type": eventstream.message({":event-type": "messageStart"}, b"{}"),
    "a payload that is no JSON": eventstream.message(
        {":event-type": "messageStart", ":message-type": "event"}, b"\xff{"
    ),
    **{
        f"{name} {value}": frames(START, {name: value})
        for name, value in [
            ("contentBlockDelta", {}),
            ("contentBlockDelta", {"contentBlockIndex": 0}),
            ("contentBlockDelta", {"delta": {"text": "a"}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": None}),
            ("contentBlockDelta", {"contentBlockIndex": "a", "delta": {"text": "a"}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": 5}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": "a"}),
            ("contentBlockDelta", []),
            ("contentBlockDelta", None),
            ("contentBlockStart", {"contentBlockIndex": 0}),
            ("contentBlockStart", {"contentBlockIndex": 0, "start": 5}),
            ("messageStart", {}),
            ("messageStop", {}),
            ("messageStop", {"stopReason": 5}),
            ("messageStop", {"stopReason": ""}),
        ]
    },
}
"""Bodies of streams that go wrong before the first text."""


@pytest.mark.parametrize("body", BAD_STREAMS.values(), ids=BAD_STREAMS)
def test_a_stream_that_goes_wrong_before_its_first_text_falls_back(raw: RawServer, route: Route, body: bytes) -> None:
    answers(raw, chunked(body))
    stream = route.converse_stream(messages=MESSAGES)
    assert list(stream) == ["other"]
    assert stream.reply.index == 1
    both_steps_were_tried(raw)


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_a_response_that_is_no_stream_falls_back(raw: RawServer, route: Route, response: bytes) -> None:
    answers(raw, response)
    stream = route.converse_stream(messages=MESSAGES)
    assert list(stream) == ["other"]
    both_steps_were_tried(raw)


@pytest.mark.parametrize("body", BAD_STREAMS.values(), ids=BAD_STREAMS)
def test_after_the_first_text_the_same_breaks_the_stream(raw: RawServer, route: Route, body: bytes) -> None:
    answers(raw, chunked(frames(START, delta("wh")) + body))
    said: list[str] = []
    with pytest.raises(StreamBroken, match="after 2 characters"):
        said.extend(route.converse_stream(messages=MESSAGES))
    assert said == ["wh"]
    assert [each.error for each in raw.observed] == ["StreamBroken"]


def text_of(event: Any) -> str:
    return str(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))


@settings(max_examples=cases(80), deadline=None)
@given(at=st.integers(0, len(STREAM) - 1), flip=st.integers(0, 255), events=st.booleans())
def test_a_stream_damaged_anywhere_is_whole_or_not_used(raw: RawServer, at: int, flip: int, events: bool) -> None:
    """`flip`: the bits of one byte that are wrong; 0: the stream is cut there."""
    answers(raw, chunked(STREAM[:at] + (bytes([STREAM[at] ^ flip]) + STREAM[at + 1 :] if flip else b"")))
    stream, said = raw.route().converse_stream(messages=MESSAGES), list[str]()
    broken: StreamBroken | None = None
    try:
        said.extend(map(text_of, stream.events()) if events else stream)
    except StreamBroken as error:
        broken = error
    text = "".join(said)
    if broken:
        assert broken.text == text
        assert "whole".startswith(text)
        assert text or events
    else:
        assert (text, stream.reply.index, stream.reply.complete) in [("whole", 0, True), ("other", 1, True)]
        assert (text == "other") == (at < FIRST_TEXT + len(frames(delta("wh")))) or events


@pytest.mark.parametrize(
    "metadata", [{}, {"usage": {}}, {"usage": {"inputTokens": "many", "outputTokens": 2}}, [], None]
)
def test_figures_that_cannot_be_read_are_lost_and_the_message_is_not(
    raw: RawServer, route: Route, metadata: Any
) -> None:
    answers(raw, chunked(frames(START, delta("whole"), *end()[:2], {"metadata": metadata})))
    stream = route.converse_stream(messages=MESSAGES)
    assert list(stream) == ["whole"]
    assert (stream.reply.cost, stream.reply.served, stream.reply.input_tokens) == (None, None, 0)


@pytest.mark.parametrize(
    ("reason", "complete"),
    [
        *((reason, True) for reason in ("end_turn", "stop_sequence", "tool_use")),
        *((reason, False) for reason in ("max_tokens", "guardrail_intervened", "content_filtered")),
        *((reason, False) for reason in ("malformed_model_output", "model_context_window_exceeded", "of_tomorrow")),
    ],
)
def test_a_reply_says_whether_the_model_ended_it(raw: RawServer, route: Route, reason: str, complete: bool) -> None:
    answers(raw, http_response(changed(stopReason=reason)))
    reply = route.converse(messages=MESSAGES)
    assert (reply.index, reply.stop_reason, reply.complete) == (0, reason, complete)
    answers(raw, chunked(frames(START, delta("a"), {"messageStop": {"stopReason": reason}}, end()[2])))
    stream = route.converse_stream(messages=MESSAGES)
    assert list(stream) == ["a"]
    assert (stream.reply.stop_reason, stream.reply.complete) == (reason, complete)


SSM_RESPONSES = RESPONSES | {
    name: http_response(body) for name, body in NONSENSE.items() if not name.startswith(("no ", "tokens"))
} | {
    "no value": http_response(b'{"Parameter": {}}'),
    "value is a number": http_response(b'{"Parameter": {"Value": 5}}'),
    "parameter is a list": http_response(b'{"Parameter": []}'),
    "a map that is nested": parameter("[" * 5000),
    "half a map": parameter(json.dumps(MAP.document())[:50]),
}  # fmt: skip


@pytest.mark.parametrize("response", SSM_RESPONSES.values(), ids=SSM_RESPONSES)
def test_what_is_no_map_makes_it_unavailable(raw: RawServer, response: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "ssm", lambda path, body: [response])
    monkeypatch.setattr(raw, "observed", [])
    with pytest.raises(MapUnavailable):
        raw.route().converse(messages=MESSAGES)
    assert [(each.error, each.callers) for each in raw.observed] == [("MapUnavailable", False)]


@pytest.mark.parametrize("response", [RESPONSES["cut"], http_response(b"{}"), http_response(HTML)], ids=len)
def test_a_map_that_is_cut_off_once_is_read_again(
    raw: RawServer, response: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    good_map, responses = raw.ssm("/", b""), [[response]]
    monkeypatch.setattr(raw, "ssm", lambda path, body: responses.pop() if responses else good_map)
    answers(raw, http_response(BODY))
    assert raw.route().converse(messages=MESSAGES).text == "whole"
