"""Timing of one answer."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from distillery.cli.benchmark.measurement import Sample, measure
from tests.fakes.errors import service_error
from tests.unit.cli.benchmark.routes import FakeRuntime, answered
from tests.unit.cli.benchmark.virtual import Stopwatch


class Stream:
    """The response of a client, whose stream this is."""

    def __init__(self, *events: dict[str, Any] | Exception) -> None:
        self.events, self.closed = events, False

    def converse_stream(self, **_: Any) -> dict[str, Any]:
        return {"stream": self, "ResponseMetadata": {"HTTPHeaders": {}}}

    def __iter__(self) -> Any:
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("scale", "first", "whole"), [(1.0, 500, 1500), (0.25, 2000, 6000)])
def test_the_wait_for_the_first_token_and_for_all(scale: float, first: float, whole: float) -> None:
    watch = Stopwatch()
    taken = measure(FakeRuntime(watch), {"modelId": "m"}, watch, scale=scale)
    assert taken == Sample(first_ms=first, whole_ms=whole, input_tokens=20, output_tokens=100, served="standard")


@pytest.mark.parametrize(
    ("tokens", "first", "whole", "pace"),
    [(101, 500, 1500, 100.0), (16, 0, 1000, 15.0), (15, 0, 1000, None), (100, 500, 500, None)],
)
def test_the_pace_leaves_the_first_token_and_its_wait_out(
    tokens: int, first: float, whole: float, pace: float | None
) -> None:
    assert answered(first, whole, tokens).pace == pace


@pytest.mark.parametrize(("told", "served"), [("optimized", "optimized"), ("standard", "standard"), (None, "standard")])
def test_what_was_served_is_what_the_service_says(told: str | None, served: str) -> None:
    watch = Stopwatch()
    assert measure(FakeRuntime(watch, latency=told), {"modelId": "m"}, watch).served == served


DELTA = {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm"}}, "contentBlockIndex": 0}}
USAGE = {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 1}}}


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (Stream(DELTA, USAGE), None),  # reasoning comes first and counts as content
        (Stream(DELTA), "StreamTruncated"),
        (Stream(USAGE), "StreamTruncated"),
        (Stream(DELTA, service_error("modelStreamErrorException")), "ModelStreamErrorException"),
        (Stream(service_error("ThrottlingException")), "ThrottlingException"),
        (Stream(service_error("AccessDeniedException")), "AccessDeniedException"),
        (Stream(DELTA, StreamTimeoutError(None, "", "Read timed out.")), "ReadTimeoutError"),  # type: ignore[arg-type]  # no pool
        (Stream(DELTA, ProtocolError("Connection broken")), "ProtocolError"),
        (Stream(DELTA, ReadTimeoutError(endpoint_url="https://bedrock")), "ReadTimeoutError"),
    ],
)
def test_an_answer_that_is_not_whole_is_none(stream: Stream, error: str | None) -> None:
    assert measure(stream, {}, Stopwatch()).error == error
    assert stream.closed


def test_a_mistake_of_our_own_is_no_failed_request() -> None:
    stream = Stream(DELTA, KeyError("ours"))
    with pytest.raises(KeyError, match="ours"):
        measure(stream, {}, Stopwatch())
    assert stream.closed
