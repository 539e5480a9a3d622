"""Virtual time: how it follows from real time, and a clock in memory. Uses the standard library only."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class ClockState:
    """At the real second `real`, virtual time was `virtual`; since then it runs `speed` times as fast as real time."""

    real: float
    virtual: float
    speed: float

    def at(self, real: float) -> float:
        """The virtual epoch second at a real one."""
        return self.virtual + (real - self.real) * self.speed

    def changed(self, real: float, *, virtual: float | None, speed: float | None) -> "ClockState":
        """The state after a change at a real second. What is None continues unchanged."""
        return ClockState(
            real=real,
            virtual=self.at(real) if virtual is None else virtual,
            speed=self.speed if speed is None else speed,
        )


def parse_date(text: str) -> float:
    """Parses `2024-12-04` or `2024-12-04T10:00` to an epoch second in UTC. Raises ValueError."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2024-12-04.") from None


class MemoryClock:
    """A clock of one process. Thread-safe."""

    def __init__(self, virtual: float | None = None, speed: float = 1.0) -> None:
        real = time.time()
        self._lock = threading.Lock()
        self._calendar = ClockState(real, real if virtual is None else virtual, speed)

    def state(self) -> ClockState:
        """How virtual time follows from real time now."""
        with self._lock:
            return self._calendar

    def now(self) -> datetime:
        """The virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.state().at(time.time()), UTC)

    def set(self, *, virtual: float | None = None, speed: float | None = None) -> ClockState:
        """Moves the clock or changes its speed, from now on."""
        with self._lock:
            self._calendar = self._calendar.changed(time.time(), virtual=virtual, speed=speed)
            return self._calendar

    def snapshot(self) -> ClockState:
        """The state as of now, from which a restarted clock continues."""
        real = time.time()
        return replace(self.state().changed(real, virtual=None, speed=None), real=real)
