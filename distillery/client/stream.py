"""A streamed reply: its texts as they come, and when it is over what they came to."""

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from distillery.client.aws import wait_at_most
from distillery.client.call import Call
from distillery.client.failure import StreamLate, StreamTruncated
from distillery.client.fallback import Try
from distillery.client.reply import Reply
from distillery.client.stream_assembler import Assembly

Event = Mapping[str, Any]
SECONDS_BETWEEN_EVENTS = 60.0
"""So long a stream that has begun to say something may be silent: nobody takes it over, so it has time."""


class ReplyStream:
    """`for text in stream:`, or `for event in stream.events():` with Bedrock's own events; once; then `stream.reply`.

    Until something was handed out, a stream that breaks is begun anew at the next step. Afterwards never: StreamBroken
    is raised, with the text so far. Texts may fall back for longer than events, which hand out the reasoning that
    comes before the text. `close()`, or the end of a `with`, ends a stream early.
    """

    def __init__(self, call: Call, now: Callable[[], float]) -> None:
        self._call, self._now = call, now
        self._tries = iter(call.walk)
        self._taken = self._over = False
        self._reply: Reply | None = None
        self._first: float | None = None
        self._one, self._stream = self._begin()
        self._opened = now()

    @property
    def text(self) -> str:
        """What was said so far."""
        return self._assembly.text

    @property
    def reply(self) -> Reply:
        """Raises RuntimeError before the stream is over."""
        if self._reply is None:
            raise RuntimeError("a stream has its reply when it was read to its end, or closed")
        return self._reply

    def __iter__(self) -> Iterator[str]:
        for event in self._run(_is_text):
            if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                yield text

    def events(self) -> Iterator[Event]:
        return self._run(_is_content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """A stream that is not over has no usage in its reply: Bedrock tells it last."""
        self._stream.close()
        if not self._over:
            self._call.walk.answered(self._one)
            self._finish()

    def _begin(self) -> tuple[Try, Any]:
        self._assembly, self._first = Assembly(), None
        for one in self._tries:
            try:
                return one, self._call.open(one, "converse_stream")["stream"]
            except Exception as error:  # judged: what no step would answer is raised again
                self._fell(one, error)
        self._over = True
        raise self._call.lost()

    def _run(self, commits: Callable[[Event], bool]) -> Iterator[Event]:
        if self._taken:
            raise RuntimeError("a stream is read once")
        self._taken = True
        self._call.walk.idle(self._now() - self._opened)
        try:
            while not self._over:
                yield from self._events(commits)
        finally:
            self.close()

    def _events(self, commits: Callable[[Event], bool]) -> Iterator[Event]:
        """Of one try: nothing until an event commits to it; returns at its end, or with the next one begun."""
        held: list[Event] | None = []
        try:
            self._in_time()
            for event in self._stream:
                self._take(event)
                if held is not None:
                    self._in_time()
                    held.append(event)
                    if not commits(event):
                        continue
                    wait_at_most(self._stream, SECONDS_BETWEEN_EVENTS)
                ready, held = held or [event], None
                yield from ready
                if self._over:  # whoever got this closed the stream
                    return
            if not self._assembly.stopped:
                raise StreamTruncated("the stream ended before its message did")
        except Exception as error:  # judged: what no step would answer is raised again
            if not self._assembly.stopped and not self._over:
                return self._broke(error, committed=held is None)
        if self._over:
            return
        yield from held or ()
        if self._over:
            return
        self._call.walk.answered(self._one)
        self._finish()

    def _in_time(self) -> None:
        """Of a stream that has said nothing yet: no event, and no wait for one, goes beyond the deadline."""
        left = self._call.walk.left
        if left <= 0:
            raise StreamLate("the deadline passed before it said anything")
        wait_at_most(self._stream, min(self._one.seconds, left))

    def _take(self, event: Event) -> None:
        if self._first is None and "contentBlockDelta" in event:
            self._first = self._now()
        self._assembly.take(event)

    def _broke(self, error: Exception, *, committed: bool) -> None:
        self._stream.close()
        if committed:
            self._over = True
            raise self._call.broken(self._one, error, self.text) from error
        self._fell(self._one, error)
        self._one, self._stream = self._begin()

    def _fell(self, one: Try, error: Exception) -> None:
        try:
            self._call.failed(one, error)
        except Exception:
            self._over = True
            raise

    def _finish(self) -> None:
        self._over = True
        self._reply = self._call.over(self._one, self._assembly.response, self._first, self._now())


def _is_content(event: Event) -> bool:
    return "contentBlockDelta" in event or "contentBlockStart" in event


def _is_text(event: Event) -> bool:
    return bool(event.get("contentBlockDelta", {}).get("delta", {}).get("text"))
