"""boto3's one address in this package: sessions, clients made when they are first needed, and what they raise."""

import contextlib
import functools
import os
import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

__all__ = ["AWS_ERRORS", "ClientError", "Clients", "Config", "code", "region_of", "session", "shared", "wait_at_most"]

AWS_ERRORS = (BotoCoreError, ClientError)
"""What boto3 raises; whoever may not import boto3 catches it by this name."""

SSM = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=3)
CONNECTIONS = 64
"""Kept open by one client; more callers at once open and close their own."""
CONNECT_SECONDS = 3.0


def session(region: str | None = None) -> Any:
    return boto3.Session(region_name=region)


def region_of(session: Any) -> str | None:
    """The session's; boto3 does not look at AWS_REGION, which other SDKs do, and Lambda sets."""
    return session.region_name or os.environ.get("AWS_REGION")


def code(error: ClientError) -> str:
    """The service's name of an error, such as `ThrottlingException`; that of an event in a stream begins small."""
    name = str(error.response.get("Error", {}).get("Code", ""))
    return name[:1].upper() + name[1:]


class Clients:
    """Of one session, for all threads: a session makes no two clients at once, but its clients may be shared."""

    def __init__(self, session: Any) -> None:
        self._session, self._lock = session, threading.Lock()
        self._made: dict[tuple[str, str, float], Any] = {}

    @property
    def region(self) -> str | None:
        return region_of(self._session)

    def ssm(self, region: str) -> Any:
        return self._client("ssm", region, 0.0, SSM)

    def runtime(self, region: str, seconds: float) -> Any:
        """seconds: how long an answer is waited for. It tries once: whoever walks a policy counts every try."""
        made = self._made.get(("bedrock-runtime", region, seconds))  # first: this is every request's way
        return made or self._client("bedrock-runtime", region, seconds, _once(seconds))

    def _client(self, service: str, region: str, seconds: float, config: Config) -> Any:
        key = (service, region, seconds)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._session.client(service, region_name=region, config=config)
            return self._made[key]


def wait_at_most(stream: Any, seconds: float) -> None:
    """How long the next bytes of a stream that botocore opened are waited for from now on. A client has one read
    time-out for all its calls; botocore changes it for a body in this way (`StreamingBody.set_socket_timeout`), and has
    no such method for events. Changes nothing where there is no socket to be found: all was read, or it is another's.
    """
    with contextlib.suppress(AttributeError, OSError):
        stream._raw_stream._fp.fp.raw._sock.settimeout(seconds)


def _once(seconds: float) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=min(CONNECT_SECONDS, seconds),
        read_timeout=seconds,
        max_pool_connections=CONNECTIONS,
    )


@functools.cache
def shared() -> Clients:
    """For all routes of the process that were given no session."""
    return Clients(session())
