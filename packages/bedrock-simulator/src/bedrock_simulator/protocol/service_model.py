"""Maps HTTP requests to operations with checked parameters, and their results to HTTP responses.

Routes, shapes, patterns and error codes come from botocore's own model of the service (rest-json).
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

import botocore.session

from bedrock_simulator import errors, json_text
from bedrock_simulator.ports import Chunk, Request, Response
from bedrock_simulator.protocol import eventstream, shapes

Params = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of one service, as botocore models it."""

    name: str
    method: str
    path: re.Pattern[str]
    literal: int
    model: Any

    @cached_property
    def errors(self) -> dict[str, int]:
        """The errors that the operation declares, with their HTTP status."""
        return {shape.name: int(shape.metadata["error"]["httpStatusCode"]) for shape in self.model.error_shapes}

    @property
    def stream(self) -> str | None:
        """The member of the output that is an event stream, None if there is none."""
        shape = self.model.output_shape
        return shape.event_stream_name if shape else None

    @cached_property
    def stream_errors(self) -> dict[str, int]:
        """The errors that may end the event stream, with their HTTP status."""
        shape = self.model.output_shape
        members = shape.members[self.stream].members if self.stream else {}
        found = [member for member in members.values() if member.metadata.get("exception")]
        return {shape.name: int(shape.metadata["error"]["httpStatusCode"]) for shape in found}


SERVICES = ("bedrock", "bedrock-runtime")
INFERENCE_OPERATIONS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
"""The operations in which a model answers. AWS counts them in CloudWatch and logs them."""


@lru_cache(maxsize=2)
def operations(service: str) -> tuple[Operation, ...]:
    """Every operation of the service, the most specific path first."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri = operation.http["requestUri"].split("?")[0]
        pattern = re.sub(r"\\\{(\w+)\\\+?\\?\}", r"(?P<\1>.+)", re.escape(uri))
        literal = len(re.sub(r"\{[^}]*\}", "", uri))
        found.append(Operation(name, operation.http["method"], re.compile(pattern), literal, operation))
    return tuple(sorted(found, key=lambda o: -o.literal))


def operation(service: str, name: str) -> Operation:
    """The operation with that name."""
    return next(found for found in operations(service) if found.name == name)


def route(request: Request) -> tuple[Operation, dict[str, str]]:
    """Returns the operation and its decoded path parameters (ARNs keep their `/` and `:`)."""
    for found in operations(request.service):
        match = found.path.fullmatch(request.path)
        if match and found.method == request.method:
            return found, {name: unquote(value) for name, value in match.groupdict().items()}
    raise errors.unknown_operation(f"No operation answers {request.method} {request.path}.")


def parameters(operation: Operation, request: Request, path: dict[str, str]) -> Params:
    """Returns the request's parameters. Raises a ValidationException that names every invalid field."""
    shape = operation.model.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    params: Params = {payload: request.body} if payload else _body(request.body)
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri":
            params[name] = path[wire]
        elif location == "querystring" and wire in request.query:
            params[name] = _from_query(request.query[wire], member)
        elif location == "header" and wire.lower() in request.headers:
            params[name] = request.headers[wire.lower()]
    found = shapes.problems(params, shape)
    if found:
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    return params


def _body(body: bytes) -> Params:
    if not body:
        return {}
    try:
        value = json_text.parse(body)
    except ValueError as error:
        raise errors.ServiceError("SerializationException", 400, f"The body cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise errors.ServiceError("SerializationException", 400, "The body must be a JSON object.")
    return value


_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_SPELLED = ("integer", "long", "boolean", "timestamp")


def _from_query(text: str, shape: Any) -> Any:
    try:
        if shape.type_name in ("integer", "long") and _INTEGER.fullmatch(text):
            return int(text)
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if shape.type_name == "timestamp":
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, KeyError, OverflowError):
        pass
    if shape.type_name in _SPELLED:
        raise errors.validation(f"1 validation error detected: Value '{text}' is not a {shape.type_name}")
    return text


@lru_cache(maxsize=1024)
def iso(moment: datetime) -> str:
    """Formats a timestamp as Bedrock does: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Event = tuple[float, Params]

_GLOBAL = "Value 'arn:aws:bedrock:::foundation-model/"
"""A global profile names its model without a Region (User Guide, global cross-Region inference), although the pattern
of the same shape forbids it."""


def respond(
    operation: Operation, answer: Params, headers: Mapping[str, str] | None = None, delay: float = 0.0
) -> Response:
    """Builds the response of an operation.

    Args:
        operation: The operation.
        answer: The members of its output shape. An event stream is a list of (seconds to wait, {event: its members});
            without any wait it is sent in one piece.
        headers: Headers that no shape has.
        delay: Real seconds to wait before the response.

    Raises:
        ContractError: The answer does not fit the documented output shape.
    """
    shape = operation.model.output_shape
    status = int(operation.model.http.get("responseCode", 200))
    if shape is None:
        return Response(status, {"Content-Type": "application/json", **(headers or {})}, b"{}", delay)
    stream = shape.event_stream_name
    events = list(answer[stream]) if stream else []
    _check_output(operation, {**answer, stream: {}} if stream else answer, events)
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


def _check_output(operation: Operation, answer: Params, events: Iterable[Event]) -> None:
    """An empty list is returned as one, also where its shape requires an item, as that of evaluation jobs does."""
    shape = operation.model.output_shape
    empty = tuple(f"Invalid length for parameter {name}, value: 0" for name, value in answer.items() if value == [])
    absent = tuple(f'Missing required parameter in input: "{name}"' for name in shapes.OPTIONAL.get(operation.name, ()))
    known = (_GLOBAL, *empty, *absent)
    found = [problem for problem in shapes.problems(answer, shape) if not problem.startswith(known)]
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


def error_response(error: errors.ServiceError) -> Response:
    """Builds an error response, as rest-json specifies it."""
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())


def _encode(value: Any) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} cannot be encoded as JSON")
