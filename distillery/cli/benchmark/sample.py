"""One streamed answer on a stopwatch."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from distillery.client.aws import AWS_ERRORS, FailureKind, StreamTruncated, classify
from distillery.client.converse import served_mode
from distillery.client.single_step import is_simulated

Stopwatch = Callable[[], float]
"""Seconds from anywhere."""
FEWEST = 16
"""Tokens of an answer from which a pace can be told: a shorter one comes in a piece or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Milliseconds. first_ms: to the first delta of content, reasoning too; whole_ms: to the stream's end.

    served: `optimized`, `standard`, `standard/priority`, as the service says.
    error: its name where there was no whole answer; the rest is then 0.
    """

    first_ms: float = 0.0
    whole_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    served: str = ""
    simulated: bool = False
    error: str | None = None
    sentence: str = ""

    @property
    def pace(self) -> float | None:
        """Output tokens a second without the first one and the wait for it; None of an answer too short to tell."""
        seconds = (self.whole_ms - self.first_ms) / 1000
        return (self.output_tokens - 1) / seconds if self.output_tokens >= FEWEST and seconds > 0 else None


def sample(client: Any, asked: Mapping[str, Any], now: Stopwatch, *, scale: float = 1.0) -> Sample:
    """Asks, and reads the answer to its end. scale: how much of its time a simulator lets pass (1 on AWS)."""
    began, first, told = now(), None, {}
    try:
        reply = client.converse_stream(**asked)
        with closing(reply["stream"]) as stream:
            for event in stream:
                if first is None and "contentBlockDelta" in event:
                    first = now()
                told.update(event.get("metadata", {}))
            ended = now()
        if first is None or "usage" not in told:
            raise StreamTruncated("the stream ended before its message did")
    except Exception as error:  # judged: what is neither AWS's nor the connection's is raised again
        return _failed(error)
    return Sample(
        first_ms=(first - began) * 1000 / scale,
        whole_ms=(ended - began) * 1000 / scale,
        input_tokens=told["usage"]["inputTokens"],
        output_tokens=told["usage"]["outputTokens"],
        served=str(served_mode(told)),
        simulated=is_simulated(reply),
    )


def _failed(error: Exception) -> Sample:
    """A connection that breaks while a stream is read raises urllib3's errors, which botocore does not wrap."""
    failure = classify(error)
    if failure.kind is FailureKind.CALLERS and not isinstance(error, AWS_ERRORS):
        raise error
    return Sample(error=failure.name, sentence=str(error))
