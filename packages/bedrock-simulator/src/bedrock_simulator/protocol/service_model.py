"""From an HTTP request to an operation with checked parameters.

Routes, shapes, patterns and error codes come from botocore's own model of the service (rest-json).
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

import botocore.session

from bedrock_simulator import errors
from bedrock_simulator.ports import Request
from bedrock_simulator.protocol import shapes

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
        """The errors it declares, with their HTTP status."""
        return {shape.name: int(shape.metadata["error"]["httpStatusCode"]) for shape in self.model.error_shapes}

    @property
    def stream(self) -> str | None:
        """The member of its answer that is an event stream."""
        shape = self.model.output_shape
        return shape.event_stream_name if shape else None

    @cached_property
    def stream_errors(self) -> dict[str, int]:
        """The errors that may end its stream; none for an operation without a stream."""
        shape = self.model.output_shape
        members = shape.members[self.stream].members if self.stream else {}
        found = [member for member in members.values() if member.metadata.get("exception")]
        return {shape.name: int(shape.metadata["error"]["httpStatusCode"]) for shape in found}


SERVICES = ("bedrock", "bedrock-runtime")


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
    """The operation of that name."""
    return next(found for found in operations(service) if found.name == name)


def route(request: Request) -> tuple[Operation, dict[str, str]]:
    """The operation and its path parameters, decoded (ARNs keep their `/` and `:`)."""
    for found in operations(request.service):
        match = found.path.fullmatch(request.path)
        if match and found.method == request.method:
            return found, {name: unquote(value) for name, value in match.groupdict().items()}
    raise errors.unknown_operation(f"No operation answers {request.method} {request.path}.")


def parameters(operation: Operation, request: Request, path: dict[str, str]) -> Params:
    """The request's parameters, or a ValidationException that names every field at fault."""
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
        value = json.loads(body)
    except ValueError as error:
        raise errors.ServiceError("SerializationException", 400, f"The body is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise errors.ServiceError("SerializationException", 400, "The body must be a JSON object.")
    return value


def _from_query(text: str, shape: Any) -> Any:
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if shape.type_name == "timestamp":
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, KeyError):
        raise errors.validation(f"1 validation error detected: Value '{text}' is not a {shape.type_name}") from None
    return text


def iso(moment: datetime) -> str:
    """Bedrock's timestamps: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
