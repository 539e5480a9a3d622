"""What calls of AWS have in common: time limits, and the meaning of errors.

Converse errors are those of botocore 1.44.5's service model. A model past its end of life returns
`ResourceNotFoundException` ("This model version has reached the end of its life"), and so does a Legacy model that the
account has not used recently. A model that the Region no longer knows returns `ValidationException` ("The provided
model identifier is invalid"). Every other `ValidationException` is about the caller's request, unless it is about what
the map specifies: identifier, latency mode, or service tier.
"""

import contextlib
import functools
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any

from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ConnectionError,
    ConnectTimeoutError,
    EventStreamError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ClientError as ClientError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from distillery.client.errors import NotReached

AWS_ERRORS = (BotoCoreError, ClientError)
"""The errors that boto3 raises, for callers that must not import boto3."""

_thread = threading.local()


class TimeLimit:
    """When a call has to be over, whatever its peer does. `Clients` makes the connections that hold it.

    Attributes:
        seconds: how long the limit was when it was last set.
        answered: whether a response has arrived, good or not.
        longest: seconds that one read may wait in any case; None if that is not limited.
    """

    __slots__ = ("_ends_at", "answered", "longest", "seconds")

    def __init__(self, seconds: float) -> None:
        self.answered, self.longest = False, None
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        """Sets the limit to this many seconds from now."""
        self.seconds, self._ends_at = seconds, monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds to the limit; negative after it."""
        return self._ends_at - monotonic()

    def wait(self, most: float | None = None) -> float:
        """Returns how long the next wait may take, at most `most` seconds. Raises TimeoutError after the limit."""
        remaining = self.remaining
        if remaining <= 0:
            raise TimeoutError("timed out")
        return remaining if most is None else min(most, remaining)


def current_limit() -> TimeLimit | None:
    """Returns the limit of this thread's calls."""
    return getattr(_thread, "limit", None)


@contextlib.contextmanager
def within(limit: TimeLimit) -> Iterator[None]:
    """Limits the calls that this thread makes in the `with` block. The body of their responses keeps the limit."""
    outer, _thread.limit = current_limit(), limit
    try:
        yield
    finally:
        _thread.limit = outer


class ParameterNotFound(Exception):
    """The SSM parameter does not exist."""


class StreamTruncated(Exception):
    """A stream ended without an error before its message did."""


class StreamLate(Exception):
    """A stream had returned nothing when the request's deadline passed."""


class UnreadableReply(BotoCoreError):
    """What came back is no reply of the service: it was cut off, or something else answered."""

    fmt = "this is no reply of the service: {reason}"

    def __reduce__(self) -> tuple[Any, tuple[()], dict[str, Any]]:
        return functools.partial(type(self), **self.kwargs), (), self.__dict__


class FailureKind(StrEnum):
    """What a failed call means for the fallback.

    TRANSIENT: the same step may answer if it is retried.
    LATE: the step used up its time; try the next one.
    GONE: the resource that the map names does not exist, or does not support what the map specifies.
    DENIED: the caller may not call this step. Access is granted per model and endpoint, so the next step may answer.
    CALLERS: the request itself is at fault; no other step would answer differently.
    """

    TRANSIENT = "transient"
    LATE = "late"
    GONE = "gone"
    DENIED = "denied"
    CALLERS = "callers"


@dataclass(frozen=True, slots=True)
class Failure:
    """A classified error. `name` is the error's name in AWS or botocore."""

    kind: FailureKind
    name: str
    message: str


TRANSIENT_CODES = frozenset({
    "InternalServerException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelStreamErrorException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
})  # fmt: skip
LATE_CODES = frozenset({"ModelTimeoutException", "RequestTimeout", "RequestTimeoutException"})
MAP_REFUSALS = re.compile(
    r"This model version has reached the end of its life\."
    r"|The provided model identifier is invalid\."
    r"|Invocation of model ID \S+ with on-demand throughput isn.t supported\."
    r"|Latency performance configuration is not supported for "
    r"|The service tier \w+ is not supported for "
)
"""Start of each `ValidationException` message that refuses what the map specifies. Bedrock has no error code for these
cases. Only the start is matched, because other messages quote the request."""
_LATE_ERRORS = (ConnectTimeoutError, ReadTimeoutError, StreamTimeoutError, StreamLate)
_CONNECTION_ERRORS = (
    ConnectionError,
    HTTPClientError,
    HTTPError,
    IncompleteReadError,
    ParserError,
    ResponseParserError,
    StreamTruncated,
    UnreadableReply,
)
_TOO_LARGE = frozenset({413, 414, 431})
"""HTTP statuses of a request that is too large for what stands before the service."""


def classify(error: Exception) -> Failure:
    """Classifies the error of a Converse or ConverseStream call."""
    if isinstance(error, ClientError):
        name = error_code(error)
        message = str(error.response.get("Error", {}).get("Message", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind = _kind(name, message, status)
        if kind is FailureKind.CALLERS and not _is_of_service(error, name, status):
            kind = FailureKind.TRANSIENT
        return Failure(kind, name, message)
    if isinstance(error, _LATE_ERRORS):
        kind = FailureKind.LATE
    else:
        kind = FailureKind.TRANSIENT if isinstance(error, _CONNECTION_ERRORS) else FailureKind.CALLERS
    return Failure(kind, type(error).__name__, str(error))


def as_unreadable(error: Exception) -> Exception:
    """Returns the error of reading a response: itself if AWS or the connection raised it, otherwise UnreadableReply.
    botocore raises what Python does if a response has another structure than it expects."""
    if isinstance(error, (*AWS_ERRORS, HTTPError, StreamTruncated, StreamLate)):
        return error
    return UnreadableReply(reason=type(error).__name__)


def _is_of_service(error: ClientError, name: str, status: int) -> bool:
    """Whether the service itself blames the request. A stream has one such error. A number instead of a name means that
    a proxy or gateway answered."""
    if isinstance(error, EventStreamError):
        return name == "ValidationException"
    return status in _TOO_LARGE or not (name.isdigit() or not name)


def _kind(name: str, message: str, status: int) -> FailureKind:
    if name in LATE_CODES or status == 408:
        return FailureKind.LATE
    if name in TRANSIENT_CODES or status == 429 or status >= 500:
        return FailureKind.TRANSIENT
    if name == "ResourceNotFoundException":
        return FailureKind.GONE
    if name == "AccessDeniedException":
        return FailureKind.DENIED
    if name == "ValidationException" and MAP_REFUSALS.match(message):
        return FailureKind.GONE
    return FailureKind.CALLERS


def error_code(error: ClientError) -> str:
    """Returns the error code, such as `ThrottlingException`. Stream events have codes in lower camel case, which become
    the same."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code[:1].upper() + code[1:]


@contextlib.contextmanager
def as_not_reached(action: str) -> Iterator[None]:
    """Raises boto3's errors as NotReached with a message that says which action failed."""
    try:
        yield
    except AWS_ERRORS as error:
        raise NotReached(f"{action}: {error}") from error
