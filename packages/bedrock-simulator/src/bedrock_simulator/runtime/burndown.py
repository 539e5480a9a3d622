"""The use of token quotas per minute (User Guide, "How tokens are counted in Amazon Bedrock").

A call reserves its input tokens and its maximum output tokens when it starts, and returns what it did not use when it
ends. A minute is the last sixty seconds of virtual time. A call ends when its caller has the response, in real seconds;
without modelled latency, when it is answered.
"""

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True, eq=False)
class Reservation:
    """Tokens of a quota that a call holds: `cost` while it runs, `after` once it has ended."""

    quota: Hashable
    at: datetime
    cost: int
    after: int = 0
    expired: bool = False


@dataclass(slots=True)
class _Minute:
    """The use of one quota in the last minute."""

    used: int = 0
    reservations: deque[Reservation] = field(default_factory=deque)
    ending: list[tuple[float, int, Reservation]] = field(default_factory=list)

    def advance(self, now: datetime, elapsed: float) -> None:
        while self.reservations and now - self.reservations[0].at >= MINUTE:
            gone = self.reservations.popleft()
            gone.expired = True
            self.used -= gone.cost
        while self.ending and self.ending[0][0] <= elapsed:
            _, _, ended = heapq.heappop(self.ending)
            if not ended.expired:
                self.used += ended.after - ended.cost
                ended.cost = ended.after


class Burndown:
    """The token quotas of all accounts. Thread-safe; `elapsed` returns real time in seconds."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed, self._lock, self._order = elapsed, threading.Lock(), itertools.count()
        self._minutes: dict[Hashable, _Minute] = {}

    def reserve(self, quota: Hashable, tokens: int, limit: int | None, now: datetime) -> Reservation | None:
        """Reserves tokens, until they are settled. Returns None if the quota does not have them."""
        if limit is None:
            return Reservation(quota, now, 0, expired=True)
        with self._lock:
            minute = self._minutes.setdefault(quota, _Minute())
            minute.advance(now, self._elapsed())
            if minute.used + tokens > limit:
                return None
            reservation = Reservation(quota, now, tokens)
            minute.used += tokens
            minute.reservations.append(reservation)
            return reservation

    def settle(self, reservation: Reservation, used: int, seconds: float) -> None:
        """Records the tokens that a call used, and in how many real seconds its caller has the response."""
        if reservation.expired:
            return
        with self._lock:
            reservation.after = used
            until = self._elapsed() + seconds if seconds else -math.inf
            if minute := self._minutes.get(reservation.quota):
                heapq.heappush(minute.ending, (until, next(self._order), reservation))

    def clear(self) -> None:
        """Resets every quota."""
        with self._lock:
            self._minutes.clear()
