"""How jobs of every kind move on, what they still have to work out, and the events that tell of it.

Work is done, and events are told, by `tick`, never while the engine's lock is held.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from bedrock_simulator.control_plane.batches.runner import Batches
from bedrock_simulator.control_plane.call import Surroundings
from bedrock_simulator.control_plane.customization_runner import Customizations
from bedrock_simulator.control_plane.evaluations.runner import Evaluations
from bedrock_simulator.control_plane.job_context import Change, Means
from bedrock_simulator.control_plane.outbox import Event, Outbox
from bedrock_simulator.control_plane.training import Lesson
from bedrock_simulator.faults import Faults
from bedrock_simulator.ports import Events
from bedrock_simulator.records import Estate


class Line(Protocol):
    """One kind of jobs."""

    def clear(self) -> None:
        """Forgets what was worked out."""

    def advance(self, estate: Estate, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""

    def pending(self, estate: Estate, means: Means) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""

    def changes(self, estate: Estate, now: datetime) -> Iterator[Change]:
        """The present status of every job whose changes are told."""


class Progress:
    """All lines of jobs, and the events not yet delivered."""

    def __init__(self, around: Surroundings, events: Events) -> None:
        self._customizations = Customizations(around)
        self._lines: tuple[Line, ...] = (self._customizations, Batches(around), Evaluations(around))
        self._outbox = Outbox(events)
        self._told: dict[str, str] = {}

    def clear(self) -> None:
        """Forgets everything."""
        self._told.clear()
        self._outbox.clear()
        for line in self._lines:
            line.clear()

    def advance(self, estate: Estate, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for line in self._lines:
            line.advance(estate, now, faults)

    def pending(self, estate: Estate, means: Means) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        return [task for line in self._lines for task in line.pending(estate, means)]

    def note(self, estate: Estate, now: datetime, faults: Faults) -> None:
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

    def remembered(self) -> tuple[dict[str, Lesson], dict[str, str], list[Event]]:
        """The lessons of customization jobs, what was told of every job, and what waits to be told.

        What batch and evaluation jobs have worked out is worked out again.
        """
        return self._customizations.remembered(), {**self._told}, self._outbox.waiting()

    def restore(self, lessons: dict[str, Lesson], told: dict[str, str], waiting: list[Event]) -> None:
        """Goes on from there."""
        self._customizations.restore(lessons)
        self._told = told
        self._outbox.clear(waiting)
