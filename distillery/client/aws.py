"""The only module of this package that imports boto3: sessions, clients, and the meaning of AWS errors.

Converse errors are those of botocore 1.44.5's service model. A model past its end of life returns
`ResourceNotFoundException` ("This model version has reached the end of its life"), and so does a Legacy model that the
account has not used recently. A model that the Region no longer knows returns `ValidationException` ("The provided
model identifier is invalid"). Every other `ValidationException` is about the caller's request, unless it is about what
the map specifies: identifier, latency mode, or service tier.
"""

import contextlib
import functools
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import boto3
from botocore.config import Config as Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionError,
    ConnectTimeoutError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ClientError as ClientError,
)
from botocore.parsers import ResponseParserError
from botocore.response import StreamingBody
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from distillery.client.errors import NotReached

AWS_ERRORS = (BotoCoreError, ClientError)
"""The errors that boto3 raises, for callers that must not import boto3."""

SSM_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=3)
MAX_POOL_CONNECTIONS = 64
"""Connections that one client keeps open. Callers beyond that number open and close their own."""
CONNECT_TIMEOUT = 3.0
"""Seconds."""
RAW_BODY = "RawBody"
"""Key under which a ConverseStream response holds urllib3's response, whose read time-out can be changed."""


class ParameterNotFound(Exception):
    """The SSM parameter does not exist."""


class StreamTruncated(Exception):
    """A stream ended without an error before its message did."""


class StreamLate(Exception):
    """A stream had returned nothing when the request's deadline passed."""


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
    ResponseParserError,
    StreamTruncated,
)


def classify(error: Exception) -> Failure:
    """Classifies the error of a Converse or ConverseStream call."""
    if isinstance(error, ClientError):
        name = error_code(error)
        message = str(error.response.get("Error", {}).get("Message", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return Failure(_kind(name, message, status), name, message)
    if isinstance(error, _LATE_ERRORS):
        kind = FailureKind.LATE
    else:
        kind = FailureKind.TRANSIENT if isinstance(error, _CONNECTION_ERRORS) else FailureKind.CALLERS
    return Failure(kind, type(error).__name__, str(error))


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


def new_session(region: str | None = None) -> Any:
    return boto3.Session(region_name=region)


def session_region(session: Any) -> str | None:
    """The session's Region, or AWS_REGION, which Lambda and other SDKs set and boto3 does not read."""
    return session.region_name or os.environ.get("AWS_REGION")


class Clients:
    """The clients of one session, for all threads. Sessions are not thread-safe; clients are."""

    def __init__(self, session: Any) -> None:
        self._session, self._lock = session, threading.Lock()
        self._clients: dict[tuple[str, str, float], Any] = {}

    @property
    def region(self) -> str | None:
        return session_region(self._session)

    def parameter(self, name: str, region: str) -> str:
        """Reads an SSM parameter.

        Raises:
            ParameterNotFound: it does not exist, or SSM does not accept the name.
            ClientError, BotoCoreError: it cannot be read.
        """
        ssm = self._client("ssm", region, 0.0, SSM_CONFIG)
        try:
            return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError as error:
            if error_code(error) in ("ParameterNotFound", "ValidationException"):
                raise ParameterNotFound(name) from error
            raise

    def runtime(self, region: str, seconds: float) -> Any:
        """Returns a bedrock-runtime client with this read time-out. It never retries: the fallback counts attempts."""
        cached = self._clients.get(("bedrock-runtime", region, seconds))  # without the lock: every request comes by
        return cached or self._client("bedrock-runtime", region, seconds, _runtime_config(seconds))

    def _client(self, service: str, region: str, seconds: float, config: Config) -> Any:
        key = (service, region, seconds)
        with self._lock:
            if key not in self._clients:
                client = self._session.client(service, region_name=region, config=config)
                if service == "bedrock-runtime":
                    client.meta.events.register(
                        "response-received.bedrock-runtime.ConverseStream", _keep_raw_body, unique_id=RAW_BODY
                    )
                self._clients[key] = client
            return self._clients[key]


def _keep_raw_body(parsed_response: Any, response_dict: Any, **_: Any) -> None:
    """Handles botocore's event `response-received`: adds the raw body to the response of a stream."""
    if parsed_response and "stream" in parsed_response:
        parsed_response[RAW_BODY] = response_dict["body"]


def set_read_timeout(raw_body: Any, seconds: float) -> None:
    """Limits how long each further read of a stream's body may block.

    A client has one read time-out for all its calls. botocore changes it for one body in
    `StreamingBody.set_socket_timeout`, which raises AttributeError if urllib3 does not support that any more.
    """
    if not raw_body.closed:
        StreamingBody(raw_body, content_length=0).set_socket_timeout(seconds)


def _runtime_config(seconds: float) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=min(CONNECT_TIMEOUT, seconds),
        read_timeout=seconds,
        max_pool_connections=MAX_POOL_CONNECTIONS,
    )


@functools.cache
def shared_clients() -> Clients:
    """Returns the clients that all routes without a session of their own share."""
    return Clients(new_session())
