"""A request to a route, as its caller sees it, for the tests that compare callers with what a service began."""

from dataclasses import dataclass
from typing import Any

from distillery.client import Attempt, Reply, Route


@dataclass
class ObservedRequest:
    """What a caller observed of one request."""

    streamed: bool
    said: str = ""
    reply: Reply | None = None
    error: Exception | None = None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return self.reply.attempts if self.reply else getattr(self.error, "attempts", ())


def ask(route: Route, number: int, *, streamed: bool, events: bool) -> ObservedRequest:
    """Asks about a parcel. events: whether a stream is read by its events instead of its texts."""
    asked: Any = {
        "messages": [{"role": "user", "content": [{"text": f"where is my parcel number {number}"}]}],
        "requestMetadata": {"number": str(number)},
    }
    seen = ObservedRequest(streamed=streamed)
    try:
        if seen.streamed:
            stream = route.converse_stream(**asked)
            for piece in map(_text, stream.events()) if events else stream:
                seen.said += piece
            seen.reply = stream.reply
        else:
            seen.reply = route.converse(**asked)
            seen.said = seen.reply.text
    except Exception as error:  # whatever it was, the tests look at it
        seen.error = error
    return seen


def _text(event: Any) -> str:
    return str(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))
