"""The local account lets no time pass unless it is told to: so that there is something to measure, it is told to."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

SCALE = 0.5
"""Of the modelled time: enough that the way to the local account and back is little beside it."""


@contextlib.contextmanager
def felt(endpoint: str, scale: float = SCALE, headers: Mapping[str, str] | None = None) -> Iterator[float]:
    """Lets answers take so much of the time that they say; afterwards as before. Raises OSError.

    headers: what the local account wants to see from those who may change it.
    """
    before = _latency(endpoint, headers)["scale"]
    _latency(endpoint, headers, scale)
    try:
        yield scale
    finally:
        _latency(endpoint, headers, before)


def _latency(endpoint: str, headers: Mapping[str, str] | None, scale: float | None = None) -> Any:
    body = None if scale is None else json.dumps({"scale": scale}).encode()
    call = urllib.request.Request(  # noqa: S310  # the local account's own address
        f"{endpoint}/_admin/latency", body, headers or {}, method="GET" if body is None else "PUT"
    )
    with urllib.request.urlopen(call, timeout=30) as answer:  # noqa: S310  # the same
        return json.load(answer)
