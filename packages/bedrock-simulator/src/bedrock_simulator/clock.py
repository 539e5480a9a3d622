"""Virtual time: how it follows from real time, and a clock in memory. Uses the standard library only."""

import math
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (1970, 3000))
"""Where virtual time begins and ends, in epoch seconds. Every duration of a resource fits into a date after it."""
MAX_SPEED = 1_000_000.0  # a year takes half a minute


@dataclass(frozen=True, slots=True)
class ClockState:
    """At the real second `real`, virtual time was `virtual`; since then it runs `speed` times as fast as real time.

    It stops at `LATEST`.
    """

    real: float
    virtual: float
    speed: float

    def at(self, real: float) -> float:
        """The virtual epoch second at a real one."""
        return max(EARLIEST, min(LATEST, self.virtual + (real - self.real) * self.speed))

    def changed(self, real: float, *, virtual: float | None, speed: float | None) -> "ClockState":
        """The state after a change at a real second. What is None continues unchanged.

        Raises:
            ValueError: No clock can have that time or that speed.
        """
        if virtual is not None and not EARLIEST <= virtual <= LATEST:
            raise ValueError(_no_time(virtual))
        if speed is not None and not 0 <= speed <= MAX_SPEED:
            raise ValueError(f"speed is {speed:g}: write a number of virtual seconds per second, 0 to {MAX_SPEED:g}")
        return ClockState(
            real=real,
            virtual=self.at(real) if virtual is None else virtual,
            speed=self.speed if speed is None else speed,
        )


def _no_time(virtual: float) -> str:
    hint = ""
    if math.isfinite(virtual) and EARLIEST <= virtual / 1000 <= LATEST:
        hint = f"; for milliseconds write {virtual / 1000:.0f}"
    return (
        f"the virtual time would be {virtual!r}: it must be epoch seconds from {EARLIEST:.0f} to {LATEST:.0f} "
        f"(1970-01-01 to 3000-01-01){hint}"
    )


def parse_date(text: str) -> float:
    """Parses `2024-12-04`, or `2024-12-04T10:00` with or without a time zone, to an epoch second. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date: write it as 2024-12-04.") from None


class MemoryClock:
    """A clock of one process. Thread-safe. Raises ValueError as `ClockState.changed` does."""

    def __init__(self, virtual: float | None = None, speed: float = 1.0) -> None:
        real = time.time()
        self._lock = threading.Lock()
        self._calendar = ClockState(real, real, 1.0).changed(real, virtual=virtual, speed=speed)

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
