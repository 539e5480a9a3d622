"""EventBridge rules and Scheduler schedules follow the virtual clock.

AWS: `rate()` counts from the rule's creation, `cron()` and `at()` follow the calendar.
ministack: the same by the real clock, polled every 10 seconds, too coarse for a clock that is 360 times as fast.
Patch: both modules read the virtual clock, and poll ten times a second. Events carry the virtual time.
Not patched: ministack evaluates `cron()` in UTC, whatever `ScheduleExpressionTimezone` says. What schedules start looks
at the time itself.
"""

import time
from typing import Any

from ministack.services import eventbridge, scheduler

from local.emulator.clock import VirtualClock

TICK = 0.1  # seconds, real


class ClockedTime:
    """Replaces a module's `time`: `time()` is the virtual clock's, everything else is real."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Virtual seconds since 1970."""
        return self._clock.epoch()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def install(clock: VirtualClock) -> None:
    """Switches both schedulers to the virtual clock."""
    eventbridge._now_ts = clock.epoch
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK
    scheduler.time = ClockedTime(clock)
    scheduler._SCHEDULE_TICK_INTERVAL = TICK
