"""Virtual time: how it follows from real time, and a clock that keeps it in memory. Standard library only."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class ClockState:
    """At real second `real` it was virtual second `virtual`; since then `speed` virtual seconds a second."""

    real: float
    virtual: float
    speed: float

    def at(self, real: float) -> float:
        """The virtual epoch second at a real one."""
        return self.virtual + (real - self.real) * self.speed

    def changed(self, real: float, *, virtual: float | None, speed: float | None) -> "ClockState":
        """The calendar after a change at a real second; what is None goes on as it was."""
        return ClockState(
            real=real,
            virtual=self.at(real) if virtual is None else virtual,
            speed=self.speed if speed is None else speed,
        )


def parse_date(text: str) -> float:
    """The epoch second of `2024-12-04`, or of `2024-12-04T10:00`, in UTC. Raises ValueError, in one sentence."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2024-12-04.") from None


class MemoryClock:
    """A clock of one process. Safe to use from several threads."""

    def __init__(self, virtual: float | None = None, speed: float = 1.0) -> None:
        real = time.time()
        self._lock = threading.Lock()
        self._calendar = ClockState(real, real if virtual is None else virtual, speed)

    def calendar(self) -> ClockState:
        """How virtual time follows from real time now."""
        with self._lock:
            return self._calendar

    def now(self) -> datetime:
        """The virtual moment, aware, UTC."""
        return datetime.fromtimestamp(self.calendar().at(time.time()), UTC)

    def set(self, *, virtual: float | None = None, speed: float | None = None) -> ClockState:
        """Moves the clock or changes its speed, from this moment on."""
        with self._lock:
            self._calendar = self._calendar.changed(time.time(), virtual=virtual, speed=speed)
            return self._calendar

    def frozen(self) -> ClockState:
        """The calendar of this moment: where a clock that is started again goes on."""
        real = time.time()
        return replace(self.calendar().changed(real, virtual=None, speed=None), real=real)
