"""Events on their way to the bus. Delivery is best effort, so an event may be lost, late or told twice, on request."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bedrock_simulator.faults import Faults, Occasion
from bedrock_simulator.ports import Events

SOURCE = "aws.bedrock"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a resource, to be delivered when it is `due`."""

    account: str
    region: str
    detail_type: str
    arn: str
    detail: Mapping[str, Any]
    due: datetime


class Outbox:
    """`put` may be called while the engine is locked; `deliver` calls the bus, and must not be."""

    def __init__(self, events: Events) -> None:
        self._events, self._lock = events, threading.Lock()
        self._waiting: list[Event] = []

    def put(self, event: Event, named: str, faults: Faults) -> None:
        """Takes an event about the thing of that name, in as many copies as faults leave of it, and as late."""
        occasion = Occasion(event.account, event.region, named=named)
        if faults.strikes("lost-event", occasion):
            return
        copies = 2 if faults.strikes("doubled-event", occasion) else 1
        if fault := faults.strikes("delayed-event", occasion):
            late = event.due + timedelta(seconds=fault.seconds)
            event = Event(event.account, event.region, event.detail_type, event.arn, event.detail, late)
        with self._lock:
            self._waiting += [event] * copies

    def deliver(self, now: datetime) -> bool:
        """Tells what is due, in the order in which it was put; whether there was anything."""
        told = False
        while event := self._next(now):
            told = True
            self._events.emit(event.account, event.region, SOURCE, event.detail_type, [event.arn], dict(event.detail))
        return told

    def waiting(self) -> list[Event]:
        """What is not told yet."""
        with self._lock:
            return [*self._waiting]

    def _next(self, now: datetime) -> Event | None:
        with self._lock:
            place = next((n for n, event in enumerate(self._waiting) if event.due <= now), None)
            return None if place is None else self._waiting.pop(place)

    def clear(self, waiting: Iterable[Event] = ()) -> None:
        """Forgets what is waiting, but for what is given."""
        with self._lock:
            self._waiting = [*waiting]
