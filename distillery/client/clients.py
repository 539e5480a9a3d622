"""boto3's sessions and clients. Only this module creates them.

A client has one read time-out for all its calls, so the time that a call may take is not a setting of the client but a
TimeLimit. There is one client for each service and Region, whatever the deadlines are.
"""

import functools
import json
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import boto3
from botocore.client import BaseClient
from botocore.config import Config as Config

from distillery.client.aws import (
    AWS_ERRORS,
    ClientError,
    FailureKind,
    ParameterNotFound,
    TimeLimit,
    UnreadableReply,
    as_unreadable,
    classify,
    current_limit,
    error_code,
    within,
)
from distillery.client.connection import hold_limits

NO_RETRIES: Any = {"mode": "standard", "total_max_attempts": 1}
SSM_CONFIG = Config(retries=NO_RETRIES, connect_timeout=2, read_timeout=3)
S3_CONFIG = Config(retries=NO_RETRIES, connect_timeout=2, read_timeout=3)
PARAMETER_ATTEMPTS = 2
"""How often a parameter or an object is read if the connection or the service fails."""
PARAMETER_SECONDS = 10.0
"""How long reading a parameter may take, outside a TimeLimit."""
CONNECT_TIMEOUT = 3.0
"""Seconds."""
MAX_POOL_CONNECTIONS = 64
"""Connections that one client keeps open. Callers beyond that number open and close their own."""
LONGEST = 86_400.0
"""Seconds: the longest deadline, and how long a read may wait that no TimeLimit ends sooner."""


KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""The variables of an access key. The parameters of a boto3 Session have the same names in lower case."""


class Renewable(Protocol):
    """Something that a forked process must not share with its parent."""

    def renew(self) -> None:
        """Replaces what is shared: connections, and locks that another thread of the parent may hold."""


_renewed: "weakref.WeakSet[Renewable]" = weakref.WeakSet()


def renew_in_forks(owner: Renewable) -> None:
    """Calls `owner.renew()` in each process that is forked from this one."""
    _renewed.add(owner)


def _renew() -> None:
    for owner in list(_renewed):
        owner.renew()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew)


def new_session(region: str | None = None, *, profile: str | None = None, keys: Mapping[str, str] | None = None) -> Any:
    """Returns a session with the credentials of the environment's variables, of a profile, or of `keys`.

    Args:
        region: default: that of the AWS configuration.
        profile: a profile of the AWS configuration; it precedes the variables.
        keys: variables with an access key, such as AWS_ACCESS_KEY_ID, which precede both.

    Raises:
        BotoCoreError: there is no such profile.
    """
    own = {name.lower(): value for name, value in (keys or {}).items() if name in KEY_VARIABLES}
    return boto3.Session(region_name=region, profile_name=profile, **own)  # type: ignore[arg-type]  # keys of a mapping


def session_region(session: Any) -> str | None:
    """The session's Region, or AWS_REGION, which Lambda and other SDKs set and boto3 does not read."""
    return session.region_name or os.environ.get("AWS_REGION")


class Clients:
    """The clients of one session, for all threads. Sessions are not thread-safe; clients are. A forked process begins
    without clients: two processes on one connection would read each other's replies.

    Args:
        session: a boto3 Session. Default: one of its own.
        read_timeout: seconds that a read of bedrock-runtime may wait.
    """

    def __init__(self, session: Any = None, *, read_timeout: float = LONGEST) -> None:
        self._given, self._read_timeout = session, read_timeout
        self.renew()
        renew_in_forks(self)

    def renew(self) -> None:
        """Forgets the clients, and the session unless it was given."""
        self._lock, self._session = threading.Lock(), self._given
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def region(self) -> str | None:
        with self._lock:
            return session_region(self._opened())

    def parameter(self, name: str, region: str) -> str:
        """Reads an SSM parameter, within the limit of this thread.

        Raises:
            ParameterNotFound: it does not exist, or SSM does not accept the name.
            ClientError, BotoCoreError: it cannot be read.
        """
        ssm = self._client("ssm", region, SSM_CONFIG)
        limit = current_limit() or TimeLimit(PARAMETER_SECONDS)
        for attempt in range(1, PARAMETER_ATTEMPTS + 1):
            try:
                return parameter_value(send(ssm.get_parameter, {"Name": name}, limit))
            except AWS_ERRORS as error:
                if isinstance(error, ClientError) and error_code(error) in ("ParameterNotFound", "ValidationException"):
                    raise ParameterNotFound(name) from error
                passes = classify(error).kind in (FailureKind.TRANSIENT, FailureKind.LATE)
                if not passes or attempt == PARAMETER_ATTEMPTS or limit.remaining <= 0:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def object(self, bucket: str, key: str, region: str, most: int) -> bytes:
        """Reads an S3 object of at most this many bytes, within the limit of this thread.

        Raises:
            ClientError, BotoCoreError: it cannot be read; UnreadableReply if it is larger, or its transfer fails.
        """
        s3 = self._client("s3", region, S3_CONFIG)
        limit = current_limit() or TimeLimit(PARAMETER_SECONDS)
        for attempt in range(1, PARAMETER_ATTEMPTS + 1):
            try:
                return _body(send(s3.get_object, {"Bucket": bucket, "Key": key}, limit), most, limit)
            except AWS_ERRORS as error:
                passes = classify(error).kind in (FailureKind.TRANSIENT, FailureKind.LATE)
                if not passes or attempt == PARAMETER_ATTEMPTS or limit.remaining <= 0:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def runtime(self, region: str) -> Any:
        """Returns a bedrock-runtime client. It never retries: the fallback counts attempts."""
        cached = self._clients.get(("bedrock-runtime", region))  # without the lock: every request comes by
        return cached or self._client("bedrock-runtime", region, _runtime_config(self._read_timeout))

    def _client(self, service: str, region: str, config: Config) -> Any:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                client = self._opened().client(service, region_name=region, config=config)
                if isinstance(client, BaseClient):
                    hold_limits(cast("Any", client)._endpoint.http_session)
                    if service != "s3":  # which answers in XML
                        client.meta.events.register("before-parse", _check_body, unique_id="distillery")
                self._clients[key] = client
            return self._clients[key]

    def _opened(self) -> Any:
        self._session = self._session or new_session()
        return self._session


def send(method: Callable[..., Any], arguments: Mapping[str, Any], limit: TimeLimit) -> Any:
    """Calls an operation of a client within a limit.

    Raises:
        ClientError, BotoCoreError, urllib3's HTTPError: the call failed; UnreadableReply if its response is no reply.
        Exception: the arguments are at fault.
    """
    limit.answered = False
    try:
        with within(limit):
            return method(**arguments)
    except Exception as error:
        unreadable = as_unreadable(error) if limit.answered else error
        if unreadable is error:
            raise
        raise unreadable from error


def parameter_value(response: Mapping[str, Any]) -> str:
    """Returns the value of a parameter from SSM's response. Raises UnreadableReply."""
    match response:
        case {"Parameter": {"Value": str(value)}}:
            return value
    raise UnreadableReply(reason="it has no parameter")


def _body(response: Mapping[str, Any], most: int, limit: TimeLimit) -> bytes:
    try:
        with within(limit):
            body = response["Body"].read(most + 1)
    except Exception as error:  # of botocore, urllib3 or the socket
        raise UnreadableReply(reason=f"its body cannot be read ({type(error).__name__})") from error
    if len(body) > most:
        raise UnreadableReply(reason=f"it has more than {most} bytes")
    return bytes(body)


def _check_body(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Handles botocore's event `before-parse`. botocore does not compare a body with its Content-Length, and turns one
    that is not JSON into an empty response."""
    limit, body, status = current_limit(), response_dict["body"], response_dict["status_code"]
    if limit is not None:
        limit.answered = True
    if not isinstance(body, bytes):  # a stream, whose frames have lengths and checksums
        return
    length = response_dict["headers"].get("content-length", "")
    if length.isdigit() and int(length) != len(body):
        raise UnreadableReply(reason=f"{len(body)} of {length} bytes arrived")
    if body and 300 <= status < 500 and not _is_json(body):
        raise UnreadableReply(reason=f"its status is {status}, and its body is not JSON")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _runtime_config(read_timeout: float) -> Config:
    return Config(
        retries=NO_RETRIES,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        max_pool_connections=MAX_POOL_CONNECTIONS,
    )


@functools.cache
def shared_clients() -> Clients:
    """Returns the clients that all routes without a session of their own share."""
    return Clients()
