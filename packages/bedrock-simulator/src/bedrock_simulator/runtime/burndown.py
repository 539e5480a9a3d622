"""How an account's tokens a minute burn down (User Guide, "How tokens are counted in Amazon Bedrock").

At the start of a call its input tokens and its most output tokens are taken from the quota, at its end what it did not
use is given back. A minute is the last sixty seconds of virtual time; a call lasts as long as its caller waits for the
answer, in real seconds, so that without felt latency it has ended when it is answered.
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
    """Tokens that one call holds of a quota: `cost` now, `after` from its end on."""

    quota: Hashable
    at: datetime
    cost: int
    after: int = 0
    forgotten: bool = False


@dataclass(slots=True)
class _Minute:
    """What one quota was asked for in the last minute."""

    taken: int = 0
    reservations: deque[Reservation] = field(default_factory=deque)
    ending: list[tuple[float, int, Reservation]] = field(default_factory=list)

    def pass_to(self, now: datetime, elapsed: float) -> None:
        while self.reservations and now - self.reservations[0].at >= MINUTE:
            gone = self.reservations.popleft()
            gone.forgotten = True
            self.taken -= gone.cost
        while self.ending and self.ending[0][0] <= elapsed:
            _, _, ended = heapq.heappop(self.ending)
            if not ended.forgotten:
                self.taken += ended.after - ended.cost
                ended.cost = ended.after


class Burndown:
    """The quotas of all accounts. Safe to use from several threads; `elapsed` is real time in seconds."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed, self._lock, self._order = elapsed, threading.Lock(), itertools.count()
        self._minutes: dict[Hashable, _Minute] = {}

    def reserve(self, quota: Hashable, tokens: int, limit: int | None, now: datetime) -> Reservation | None:
        """Takes the tokens, until they are settled; None when the quota does not have them any more."""
        if limit is None:
            return Reservation(quota, now, 0, forgotten=True)
        with self._lock:
            minute = self._minutes.setdefault(quota, _Minute())
            minute.pass_to(now, self._elapsed())
            if minute.taken + tokens > limit:
                return None
            taken = Reservation(quota, now, tokens)
            minute.taken += tokens
            minute.reservations.append(taken)
            return taken

    def settle(self, reservation: Reservation, used: int, seconds: float) -> None:
        """The call has used so many tokens, and its caller has the answer in so many real seconds."""
        if reservation.forgotten:
            return
        with self._lock:
            reservation.after = used
            until = self._elapsed() + seconds if seconds else -math.inf
            if minute := self._minutes.get(reservation.quota):
                heapq.heappush(minute.ending, (until, next(self._order), reservation))

    def clear(self) -> None:
        """Every quota is full again."""
        with self._lock:
            self._minutes.clear()
