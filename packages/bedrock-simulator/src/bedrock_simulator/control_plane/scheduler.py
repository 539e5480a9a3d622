"""Advances the jobs of all kinds, and delivers their events.

Work is done and events are delivered by `tick`, never while the engine's lock is held.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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
    """One event about a resource, to be delivered when it is `due`."""

    account: str
    region: str
    detail_type: str
    arn: str
    detail: Mapping[str, Any]
    due: datetime


class Outbox:
    """The events that wait for delivery. Faults may drop, repeat or delay an event: EventBridge is best effort.

    `put` may be called under the engine's lock; `deliver` calls the event bus, and must not be.
    """

    def __init__(self, events: Events) -> None:
        self._events, self._lock = events, threading.Lock()
        self._waiting: list[Event] = []

    def put(self, event: Event, named: str, faults: Faults) -> None:
        """Adds an event about the resource of that name, unless a fault drops it."""
        context = FaultContext(event.account, event.region, named=named)
        if faults.match("lost-event", context):
            return
        copies = 2 if faults.match("doubled-event", context) else 1
        if fault := faults.match("delayed-event", context):
            event = replace(event, due=event.due + timedelta(seconds=fault.seconds))
        with self._lock:
            self._waiting += [event] * copies

    def deliver(self, now: datetime) -> bool:
        """Delivers the events that are due, in the order in which they were put; returns whether there were any."""
        delivered = False
        while event := self._next(now):
            delivered = True
            self._events.emit(event.account, event.region, SOURCE, event.detail_type, [event.arn], dict(event.detail))
        return delivered

    def waiting(self) -> list[Event]:
        """The events that are not delivered yet."""
        with self._lock:
            return [*self._waiting]

    def _next(self, now: datetime) -> Event | None:
        with self._lock:
            index = next((n for n, event in enumerate(self._waiting) if event.due <= now), None)
            return None if index is None else self._waiting.pop(index)

    def clear(self, waiting: Iterable[Event] = ()) -> None:
        """Replaces the events that wait, by default with none."""
        with self._lock:
            self._waiting = [*waiting]


class Runner(Protocol):
    """Runs the jobs of one kind."""

    def clear(self) -> None:
        """Discards all work."""

    def advance(self, resources: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""

    def pending(self, resources: RegionResources, context: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need now, to be run without the engine's lock."""

    def changes(self, resources: RegionResources, now: datetime) -> Iterator[StatusChange]:
        """The status of every job whose changes are reported as events."""


class JobScheduler:
    """The runners of all kinds of jobs, and the events that are not delivered yet."""

    def __init__(self, services: Services, events: Events) -> None:
        self._customizations = CustomizationRunner(services)
        self._runners: tuple[Runner, ...] = (self._customizations, BatchRunner(services), EvaluationRunner(services))
        self._outbox = Outbox(events)
        self._reported: dict[str, str] = {}

    def clear(self) -> None:
        """Discards all work and all events."""
        self._reported.clear()
        self._outbox.clear()
        for runner in self._runners:
            runner.clear()

    def advance(self, resources: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for runner in self._runners:
            runner.advance(resources, now, faults)

    def pending(self, resources: RegionResources, context: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need now, to be run without the engine's lock."""
        return [task for runner in self._runners for task in runner.pending(resources, context)]

    def report_changes(self, resources: RegionResources, now: datetime, faults: Faults) -> None:
        """Puts an event into the outbox for every job whose status has changed since its last event."""
        for change in (change for runner in self._runners for change in runner.changes(resources, now)):
            if self._reported.get(change.arn) != change.status:
                self._reported[change.arn] = change.status
                account, region = resources.account, resources.region
                event = Event(account, region, change.detail_type, change.arn, change.detail, change.changed)
                self._outbox.put(event, change.name, faults)

    def deliver(self, now: datetime) -> bool:
        """Delivers the events that are due; returns whether there were any."""
        return self._outbox.deliver(now)

    def snapshot(self) -> tuple[dict[str, TrainingWork], dict[str, str], list[Event]]:
        """The work of customization jobs, the reported status of every job, and undelivered events.

        The work of batch inference and evaluation jobs is not part of it: it is done again.
        """
        return self._customizations.snapshot(), {**self._reported}, self._outbox.waiting()

    def restore(self, training: dict[str, TrainingWork], reported: dict[str, str], events: list[Event]) -> None:
        """Continues from a snapshot."""
        self._customizations.restore(training)
        self._reported = reported
        self._outbox.clear(events)
