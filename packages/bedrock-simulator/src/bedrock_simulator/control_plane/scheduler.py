"""Events on their way to the bus. Delivery is best effort, so an event may be lost, late or told twice, on request.

How jobs of every kind move on, what they still have to work out, and the events that tell of it.

Work is done, and events are told, by `tick`, never while the engine's lock is held.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bedrock_simulator.control_plane.batches.runner import BatchRunner
from bedrock_simulator.control_plane.call import Services
from bedrock_simulator.control_plane.customization_runner import CustomizationRunner
from bedrock_simulator.control_plane.evaluations.runner import EvaluationRunner
from bedrock_simulator.control_plane.job_runner import JobContext, StatusChange
from bedrock_simulator.control_plane.training import TrainingWork
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.ports import Events
from bedrock_simulator.records import RegionResources

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
        occasion = FaultContext(event.account, event.region, named=named)
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


class Line(Protocol):
    """One kind of jobs."""

    def clear(self) -> None:
        """Forgets what was worked out."""

    def advance(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""

    def pending(self, estate: RegionResources, means: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""

    def changes(self, estate: RegionResources, now: datetime) -> Iterator[StatusChange]:
        """The present status of every job whose changes are told."""


class JobScheduler:
    """All lines of jobs, and the events not yet delivered."""

    def __init__(self, around: Services, events: Events) -> None:
        self._customizations = CustomizationRunner(around)
        self._lines: tuple[Line, ...] = (self._customizations, BatchRunner(around), EvaluationRunner(around))
        self._outbox = Outbox(events)
        self._told: dict[str, str] = {}

    def clear(self) -> None:
        """Forgets everything."""
        self._told.clear()
        self._outbox.clear()
        for line in self._lines:
            line.clear()

    def advance(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for line in self._lines:
            line.advance(estate, now, faults)

    def pending(self, estate: RegionResources, means: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        return [task for line in self._lines for task in line.pending(estate, means)]

    def note(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Puts an event in the outbox for every job whose status has changed since the last."""
        for change in (change for line in self._lines for change in line.changes(estate, now)):
            if self._told.get(change.arn) != change.status:
                self._told[change.arn] = change.status
                event = Event(
                    estate.account, estate.region, change.detail_type, change.arn, change.detail, change.changed
                )
                self._outbox.put(event, change.name, faults)

    def deliver(self, now: datetime) -> bool:
        """Tells the bus what is due; whether there was anything."""
        return self._outbox.deliver(now)

    def remembered(self) -> tuple[dict[str, TrainingWork], dict[str, str], list[Event]]:
        """The lessons of customization jobs, what was told of every job, and what waits to be told.

        What batch and evaluation jobs have worked out is worked out again.
        """
        return self._customizations.remembered(), {**self._told}, self._outbox.waiting()

    def restore(self, lessons: dict[str, TrainingWork], told: dict[str, str], waiting: list[Event]) -> None:
        """Goes on from there."""
        self._customizations.restore(lessons)
        self._told = told
        self._outbox.clear(waiting)
