"""DynamoDB expires items by the virtual clock.

AWS: deletes an item some time after the epoch second in its TTL attribute.
ministack: its reaper compares with the real clock, so that every item has expired if the clock is set to 2024.
Patch: only the reaper's thread reads the virtual clock.
"""

import threading
import time

from ministack.services import dynamodb

from local.emulator.clock import VirtualClock
from local.emulator.hooks.schedules import ClockedTime

REAPER = "dynamodb-ttl-reaper"


class _ReapersTime(ClockedTime):
    def time(self) -> float:
        return super().time() if threading.current_thread().name == REAPER else time.time()


def install(clock: VirtualClock) -> None:
    """Gives DynamoDB's reaper the virtual clock."""
    dynamodb.time = _ReapersTime(clock)
