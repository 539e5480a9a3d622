"""Who is told of requests: a callable of the user's, which costs nobody an answer."""

import logging
from collections.abc import Callable

from distillery.client.metrics import Served

_log = logging.getLogger(__name__)  # noqa: TID251  # the client imports nothing of ours
Tell = Callable[[Served], object]


def tell(told: Tell | None, served: Served) -> None:
    """What it raises is logged."""
    if told is None:
        return
    try:
        told(served)
    except Exception:  # whatever the user's own callable raises
        _log.exception("the metrics of a request were not written")
