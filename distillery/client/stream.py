"""A streamed reply: its texts or events as they arrive, and the complete reply after the end."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from distillery.client.aws import StreamLate, StreamTruncated, TimeLimit, as_unreadable
from distillery.client.converse import Reply
from distillery.client.fallback import PlannedAttempt
from distillery.client.invocation import RouteInvocation, has_figures

Event = Mapping[str, Any]
EVENT_TIMEOUT = 60.0
"""Seconds that an event of a stream may take after its first text, when no other step can take over."""
METADATA_FIELDS = ("usage", "metrics", "trace", "performanceConfig", "serviceTier")


class ReplyStream:
    """The stream of one request. Read it once, then use `reply`.

    `for text in stream` returns texts; `for event in stream.events()` returns Bedrock's events. Until something was
    returned, a stream that fails is restarted at the next step. After that it raises StreamBroken with the text so far.
    Reading texts allows a fallback for longer than reading events, which include the reasoning before the text.
    `close()`, or the end of a `with` block, ends a stream early.
    """

    def __init__(self, call: RouteInvocation, now: Callable[[], float]) -> None:
        self._call, self._now = call, now
        self._attempts = iter(call.fallback)
        self._started = self._ended = False
        self._reply: Reply | None = None
        self._first_token_at: float | None = None
        self._planned, self._limit, self._response = self._open()
        self._opened_at = now()

    @property
    def text(self) -> str:
        """The text so far."""
        return self._assembler.text

    @property
    def reply(self) -> Reply:
        """The reply. Raises RuntimeError before the end of the stream."""
        if self._reply is None:
            raise RuntimeError("the stream has not ended; read it to its end, or close it, before reading its reply")
        return self._reply

    def __iter__(self) -> Iterator[str]:
        for event in self._read(_is_text):
            if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                yield text

    def events(self) -> Iterator[Event]:
        """Iterates over the events of ConverseStream. Raises StreamBroken, AllStepsFailed, or boto3's ClientError."""
        return self._read(_is_content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream. The reply of a stream that is closed early has no usage, which Bedrock reports last."""
        self._response["stream"].close()
        if not self._ended:
            self._call.fallback.succeeded(self._planned)
            self._finish()

    def _open(self) -> tuple[PlannedAttempt, TimeLimit, Any]:
        self._assembler, self._first_token_at = StreamAssembler(), None
        for planned in self._attempts:
            limit = TimeLimit(planned.timeout)
            try:
                return planned, limit, self._call.send(planned, "converse_stream", limit)
            except Exception as error:  # classified: an error of the caller is raised again
                self._failed(planned, error)
        self._ended = True
        raise self._call.exhausted()

    def _read(self, commits: Callable[[Event], bool]) -> Iterator[Event]:
        if self._started:
            raise RuntimeError("the stream was read before; a stream can be read once")
        self._started = True
        self._call.fallback.exclude(self._now() - self._opened_at)
        try:
            while not self._ended:
                yield from self._events(commits)
        finally:
            self.close()

    def _events(self, commits: Callable[[Event], bool]) -> Iterator[Event]:
        """Reads one attempt. Events are held back until one commits to it. Returns at the end of the stream, or after
        the next attempt was opened."""
        held: list[Event] | None = []
        try:
            self._limit_wait()
            for event in self._response["stream"]:
                self._add(event)
                if held is not None:
                    self._limit_wait()
                    held.append(event)
                    if not commits(event):
                        continue
                ready, held = held or [event], None
                yield from ready
                if self._ended:  # the consumer closed the stream
                    return
                self._limit.extend(EVENT_TIMEOUT)
            if not self._assembler.stopped:
                raise StreamTruncated("the stream ended before its message did")
        except Exception as error:  # classified: an error of the caller is raised again
            if not self._assembler.stopped and not self._ended:
                return self._broken(as_unreadable(error), committed=held is None)
        if self._ended:
            return
        yield from held or ()
        if self._ended:
            return
        self._call.fallback.succeeded(self._planned)
        self._finish()

    def _limit_wait(self) -> None:
        """Lets no wait for an event before the first text go beyond the deadline. Raises StreamLate after it."""
        remaining = self._call.fallback.remaining
        if remaining <= 0:
            raise StreamLate("the deadline passed before the first text")
        self._limit.extend(min(self._planned.timeout, remaining))

    def _add(self, event: Event) -> None:
        if self._first_token_at is None and "contentBlockDelta" in event:
            self._first_token_at = self._now()
        self._assembler.add(event)

    def _broken(self, error: Exception, *, committed: bool) -> None:
        self._response["stream"].close()
        if committed:
            self._ended = True
            raise self._call.broken(self._planned, error, self.text) from error
        self._failed(self._planned, error)
        self._planned, self._limit, self._response = self._open()

    def _failed(self, planned: PlannedAttempt, error: Exception) -> None:
        try:
            self._call.failed(planned, error)
        except Exception:
            self._ended = True
            raise

    def _finish(self) -> None:
        self._ended = True
        response = self._assembler.response
        self._reply = self._call.finish(self._planned, response, self._first_token_at, self._now())


class StreamAssembler:
    """Assembles the events of ConverseStream into the structure of a Converse response.

    An event of another structure raises ValueError, TypeError, KeyError or AttributeError. Unknown events are ignored,
    and so is metadata without usage: the message does not need it.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._role = "assistant"
        self._blocks: dict[int, dict[str, Any]] = {}
        self._stop: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    def add(self, event: Event) -> None:
        """Adds the next event."""
        match event:
            case {"contentBlockDelta": delta}:
                self._add_delta(_index(delta), delta["delta"])
            case {"contentBlockStart": start}:
                self._blocks[_index(start)] = {name: dict(part) for name, part in start["start"].items()}
            case {"messageStart": {"role": str(role)}}:
                self._role = role
            case {"messageStop": {"stopReason": str(reason)} as stop} if reason:
                self._stop, self.stopped = dict(stop), True
            case {"metadata": dict(metadata)} if has_figures(metadata):
                self._metadata = {name: metadata[name] for name in METADATA_FIELDS if name in metadata}
            case {"messageStart": _} | {"messageStop": _}:
                raise ValueError("an event lacks what it must have")

    @property
    def text(self) -> str:
        return "".join(self._blocks[index].get("text", "") for index in sorted(self._blocks))

    @property
    def response(self) -> dict[str, Any]:
        content = [_parsed_tool_input(self._blocks[index]) for index in sorted(self._blocks)]
        return {"output": {"message": {"role": self._role, "content": content}}, **self._stop, **self._metadata}

    def _add_delta(self, index: int, delta: Mapping[str, Any]) -> None:
        if not delta:
            raise ValueError("an event lacks what it must have")
        block = self._blocks.setdefault(index, {})
        for kind, value in delta.items():
            if kind == "text":
                block["text"] = block.get("text", "") + value
            elif kind == "toolUse":
                tool = block.setdefault("toolUse", {})
                tool["input"] = tool.get("input", "") + value["input"]
            elif kind == "reasoningContent":
                _add_reasoning(block.setdefault("reasoningContent", {}), value)
            else:
                block.setdefault(kind, []).append(value)


def _add_reasoning(reasoning: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        if name == "redactedContent":
            reasoning[name] = reasoning.get(name, b"") + value
        else:
            text = reasoning.setdefault("reasoningText", {})
            text[name] = text.get(name, "") + value


def _index(event: Mapping[str, Any]) -> int:
    index = event["contentBlockIndex"]
    if not isinstance(index, int):
        raise TypeError("the index of a block is no number")
    return index


def _parsed_tool_input(block: dict[str, Any]) -> dict[str, Any]:
    """Returns the block with the input of a tool parsed from JSON. Invalid JSON stays text."""
    if "toolUse" not in block or not isinstance(block["toolUse"].get("input"), str):
        return block
    try:
        value = json.loads(block["toolUse"]["input"] or "{}")
    except ValueError:
        return block
    return {**block, "toolUse": {**block["toolUse"], "input": value}}


def _is_content(event: Event) -> bool:
    return "contentBlockDelta" in event or "contentBlockStart" in event


def _is_text(event: Event) -> bool:
    return bool(event.get("contentBlockDelta", {}).get("delta", {}).get("text"))
