"""Events in the format of EventBridge, stored for the admin API and forwarded."""

import threading
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from bedrock_simulator.ports import Clock, Events

MAX_EVENTS = 1000


class EventStore:
    """The last events of every account, in the order of delivery.

    Args:
        clock: The virtual time of events.
        onward: An event bus to forward each event to.
        post: A function that receives each event as a whole.
    """

    def __init__(
        self, clock: Clock, onward: Events | None = None, post: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        self._clock, self._onward, self._post = clock, onward, post
        self._lock = threading.Lock()
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)

    def emit(
        self, account: str, region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        """Stores one event and forwards it."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": region,
            "resources": resources,
            "detail": detail,
        }
        with self._lock:
            self._events.append(event)
        if self._post is not None:
            self._post(event)
        if self._onward is not None:
            self._onward.emit(account, region, source, detail_type, resources, detail)

    def list_events(self, account: str) -> list[dict[str, Any]]:
        """The events of one account, the oldest first."""
        with self._lock:
            return [event for event in self._events if event["account"] == account]

    def clear(self) -> None:
        """Deletes all events."""
        with self._lock:
            self._events.clear()
