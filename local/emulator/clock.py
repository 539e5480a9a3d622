"""The clock of the local account: a file that maps real time to virtual time.

The same file is read by the Lambdas (through the variable `DISTILLERY_CLOCK_FILE`, which they inherit),
by the Bedrock simulator and by everything in the emulator that waits.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bedrock_simulator.clock import ClockState

_MAX_NAP = 0.05  # real seconds until a sleeper notices a changed clock or an aborted execution


class VirtualClock:
    """Reads the clock file, and reads it again after a change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._state = ClockState(real=0, virtual=0, speed=1)

    def state(self) -> ClockState:
        """Returns the state of the clock. Raises FileNotFoundError if the file was deleted."""
        found = self._path.stat()
        stamp = (found.st_mtime_ns, found.st_ino)
        with self._lock:
            if stamp != self._stamp:
                self._state = ClockState(**json.loads(self._path.read_text()))
                self._stamp = stamp
            return self._state

    def epoch(self) -> float:
        """Virtual seconds since 1970."""
        return self.state().at(time.time())

    def now(self) -> datetime:
        """Returns the virtual time in UTC, as an aware datetime."""
        return datetime.fromtimestamp(self.epoch(), UTC)

    def iso(self) -> str:
        """Returns the virtual time as AWS writes it: 2024-12-04T10:00:00.000Z."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def set(self, *, virtual: float | None = None, speed: float | None = None) -> ClockState:
        """Moves the clock or changes its speed, from now on."""
        after = self.state().changed(time.time(), virtual=virtual, speed=speed)
        write(self._path, after)
        return after

    def sleep(self, seconds: float, *, while_: Callable[[], bool] = lambda: True) -> bool:
        """Sleeps for virtual seconds. Returns False if `while_` became false before the end."""
        return self.sleep_until(self.epoch() + seconds, while_=while_)

    def sleep_until(self, epoch: float, *, while_: Callable[[], bool] = lambda: True) -> bool:
        """Sleeps until a virtual epoch second. Returns False if `while_` became false before."""
        while while_():
            left = epoch - self.epoch()
            if left <= 0:
                return True
            speed = self.state().speed
            time.sleep(min(left / speed, _MAX_NAP) if speed else _MAX_NAP)
        return False


def write(path: Path, state: ClockState) -> None:
    """Writes the file atomically, so that no reader sees a part of it."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(state)))
    os.replace(draft, path)
