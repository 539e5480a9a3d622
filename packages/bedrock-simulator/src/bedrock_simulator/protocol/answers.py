"""From an operation's answer to the wire: members to the body, to headers or into an event stream, as botocore says."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.ports import Chunk, Response
from bedrock_simulator.protocol import eventstream, shapes
from bedrock_simulator.protocol.service_model import Operation, Params, iso

Event = tuple[float, Params]

_GLOBAL = "Value 'arn:aws:bedrock:::foundation-model/"
"""A global profile names its model without a Region (User Guide, global cross-Region inference), although the pattern
of the same shape forbids it."""


def respond(
    operation: Operation, answer: Params, headers: Mapping[str, str] | None = None, delay: float = 0.0
) -> Response:
    """The answer on the wire; `ContractError` when it does not fit the documented output shape.

    An event stream is given as (seconds to wait, {event: its members}) pairs; with no waits it goes out in one piece.
    """
    shape = operation.model.output_shape
    status = int(operation.model.http.get("responseCode", 200))
    if shape is None:
        return Response(status, {"Content-Type": "application/json", **(headers or {})}, b"{}", delay)
    stream = shape.event_stream_name
    events = list(answer[stream]) if stream else []
    _fits(operation, {**answer, stream: {}} if stream else answer, events)
    located = {
        member.serialization["name"]: str(answer[name])
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header" and name in answer
    }
    if stream:
        chunks = [(wait, _event(shape.members[stream], event)) for wait, event in events]
        given = {**located, "Content-Type": eventstream.CONTENT_TYPE, **(headers or {})}
        return _streamed(Response(status, given, b"", delay), chunks)
    payload = shape.serialization.get("payload")
    body = answer[payload] if payload else json.dumps(answer, default=_encode).encode()
    return Response(status, {"Content-Type": "application/json", **located, **(headers or {})}, body, delay)


def _fits(operation: Operation, answer: Params, events: Iterable[Event]) -> None:
    shape = operation.model.output_shape
    found = [problem for problem in shapes.problems(answer, shape) if not problem.startswith(_GLOBAL)]
    for _, event in events:
        for name, members in event.items():
            found += shapes.problems(members, shape.members[shape.event_stream_name].members[name])
    if found:
        raise errors.ContractError(f"{operation.name}: {'; '.join(found)}")


def _event(shape: Any, event: Params) -> bytes:
    ((name, members),) = event.items()
    if shape.members[name].metadata.get("exception"):
        return eventstream.exception(name, members["message"])
    return eventstream.event(name, {key: _wire(value) for key, value in members.items()})


def _wire(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _streamed(response: Response, chunks: list[Chunk]) -> Response:
    if any(wait for wait, _ in chunks):
        return replace(response, chunks=chunks)
    return replace(response, body=b"".join(piece for _, piece in chunks))


def refuse(error: errors.ServiceError) -> Response:
    """An error on the wire, as rest-json carries it."""
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())


def _encode(value: Any) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} does not go on the wire")
