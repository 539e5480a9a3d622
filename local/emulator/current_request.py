"""The HTTP request that the emulator is answering, as it was sent. `hooks.requests` sets it."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

request: ContextVar[Mapping[str, Any] | None] = ContextVar("request", default=None)
"""The ASGI scope of the request; None outside of one."""


def raw_path() -> str:
    """Returns the undecoded path; empty outside of a request."""
    return str((request.get() or {}).get("raw_path", b"").decode("ascii"))


def method() -> str:
    """Returns the method; empty outside of a request."""
    return str((request.get() or {}).get("method", ""))


def header(name: str) -> str | None:
    """Returns a header, by its lower-case name."""
    wanted = name.encode()
    return next((value.decode() for key, value in (request.get() or {}).get("headers", ()) if key == wanted), None)
