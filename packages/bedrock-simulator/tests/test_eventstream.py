"""The encoding of event streams, decoded by botocore."""

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from bedrock_simulator.protocol import eventstream

HEADERS: tuple[dict[str, str], ...] = ({}, {":event-type": "chunk"}, {"näme": "wért", "long": "x" * 300, "": ""})
PAYLOADS = (b"", b"{}", bytes(range(256)) * 20)


def decoded(stream: bytes) -> list[tuple[dict[Any, Any], bytes]]:
    buffer: Any = EventStreamBuffer()
    buffer.add_data(stream)
    return [(message.headers, message.payload) for message in buffer]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_botocore_reads_what_was_written(headers: dict[str, str], payload: bytes) -> None:
    pieces = [eventstream.message(headers, payload), eventstream.message({"second": "one"}, b"!")]
    assert decoded(b"".join(pieces)) == [(headers, payload), ({"second": "one"}, b"!")]
    assert list(eventstream.messages(b"".join(pieces))) == pieces


def test_an_event_and_an_exception_differ() -> None:
    stream = eventstream.event("messageStart", {"role": "user"}) + eventstream.exception("throttlingException", "no")
    (first, started), (second, broke) = decoded(stream)
    assert (first[":message-type"], first[":event-type"]) == ("event", "messageStart")
    assert (second[":message-type"], second[":exception-type"]) == ("exception", "throttlingException")
    assert [json.loads(started), json.loads(broke)] == [{"role": "user"}, {"message": "no"}]
