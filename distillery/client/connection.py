"""Connections that hold a TimeLimit, whatever the peer does.

The time-outs of botocore and urllib3 restart with each byte that arrives and with each address of a host, so a peer
that sends a byte now and then could hold a caller for ever. A TimeLimit covers everything: connecting, the TLS
handshake, the look-up of the host's name, sending, and each read of the headers and the body.

A limit applies to the calls of the thread that entered it. The body of a response keeps the limit under which its
headers arrived, so that a stream is still limited when it is read later, or by another thread.
"""

import contextlib
import http.client
import io
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from distillery.client.aws import TimeLimit, current_limit

SLACK, LEAST = 0.99, 0.9
"""Shares of what is left of a limit: the time-out that is set, and the shortest that is kept."""


def hold_limits(session: Any) -> None:
    """Lets the connections of botocore's URLLib3Session hold the limits of their calls.

    botocore has no setting for it. The dictionary is the session's own; if a later version has none, this raises
    AttributeError: the limit must not disappear silently.
    """
    session._pool_classes_by_scheme.update(http=_HTTPPool, https=_HTTPSPool)


class _Reader(io.RawIOBase):
    """Reads a socket's file. No read waits beyond the limit, or for longer than the socket's own time-out."""

    def __init__(self, raw: Any, sock: Any, limit: TimeLimit, most: float | None) -> None:
        self._raw, self._socket, self._limit, self._most = raw, sock, limit, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _hold(self._socket, self._limit, self._most)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _hold(sock: Any, limit: TimeLimit, most: float | None) -> None:
    """Sets a socket's time-out to what is left of the limit, unless it is already close to that: setting a time-out
    makes threads wait for each other."""
    left = limit.wait(most)
    current = sock.gettimeout()
    if current is None or not left * LEAST <= current <= left:
        sock.settimeout(left * SLACK)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        limit = current_limit()
        if limit is not None:
            self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock, limit, limit.longest))


class _Limited:
    """What both kinds of connections do differently from urllib3's."""

    response_class = _Response
    sock: Any
    port: Any
    timeout: Any
    _dns_host: str

    def _new_conn(self) -> Any:
        """Connects to the first address that accepts. urllib3 allows each address the whole time-out."""
        limit, host, most = current_limit(), self._dns_host, self.timeout
        if limit is None:
            return self._connected()
        failure: Exception | None = None
        try:
            for address in self._addresses(host, limit, most):
                self._dns_host, self.timeout = address, self._wait(limit, most)
                try:
                    sock = self._connected()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failure = error
                else:
                    sock.settimeout(self._wait(limit, most))  # for the TLS handshake
                    return sock
        finally:
            self._dns_host, self.timeout = host, most
        raise failure or NewConnectionError(self, "the host has no address")  # type: ignore[arg-type]  # a connection

    def _addresses(self, host: str, limit: TimeLimit, most: float | None) -> list[str]:
        """Returns the addresses of a host, or the name itself if it has none: urllib3 then raises its own error.

        The system's look-up cannot be interrupted, so a thread makes it, and the caller stops waiting at the limit.
        """
        found: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        wait = self._wait(limit, most)
        threading.Thread(target=lambda: found.put(_addresses(host, self.port)), daemon=True).start()
        try:
            return found.get(timeout=wait)
        except queue.Empty as error:
            raise ConnectTimeoutError(self, f"The look-up of {host} timed out.") from error

    def _connected(self) -> Any:
        return super()._new_conn()  # type: ignore[misc]  # urllib3's

    def _wait(self, limit: TimeLimit, most: float | None) -> float:
        try:
            return limit.wait(most)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {self._dns_host} timed out.") from error

    def send(self, data: Any) -> Any:
        limit = current_limit()
        if limit is not None and self.sock is not None:
            _hold(self.sock, limit, None)
        return super().send(data)  # type: ignore[misc]  # urllib3's

    def request(self, *args: Any, **options: Any) -> None:
        """Sends on an open connection under the limit alone, without the time-out of connecting."""
        with self._at_limit(current_limit() if self.sock is not None else None, None):
            super().request(*args, **options)  # type: ignore[misc]  # urllib3's

    def getresponse(self, *args: Any, **options: Any) -> Any:
        limit = current_limit()
        if limit is not None:
            limit.longest = self.timeout
        with self._at_limit(limit, self.timeout):
            return super().getresponse(*args, **options)  # type: ignore[misc]  # urllib3's

    @contextlib.contextmanager
    def _at_limit(self, limit: TimeLimit | None, most: float | None) -> Iterator[None]:
        """Lets urllib3 set the time-out of the limit directly, instead of its own first: a thread that sets a time-out
        waits for the others."""
        if limit is None:
            yield
            return
        timeout, self.timeout = self.timeout, limit.wait(most) * SLACK
        try:
            yield
        finally:
            self.timeout = timeout


class _HTTPConnection(_Limited, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _HTTPSConnection(_Limited, AWSHTTPSConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _HTTPPool(AWSHTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


def _addresses(host: str, port: Any) -> list[str]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [host]
    return list(dict.fromkeys(str(each[4][0]) for each in found))
