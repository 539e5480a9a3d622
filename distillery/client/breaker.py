"""A circuit breaker: a step that keeps failing is left alone for a while, then tried with one request."""

import threading
from collections.abc import Callable

FAILURES = 5
"""In a row, of all callers together."""
SECONDS = 10.0


class Breaker:
    """Closed until FAILURES in a row; then open for SECONDS; then it lets one request through and stays open for the
    others until that one answered (half-open). Safe to use from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._failures, self._closes_at = 0, 0.0

    def admits(self) -> bool:
        """Whether a request should go this way. True on an open breaker means: you are the one that tries."""
        if self._failures < FAILURES:
            return True
        with self._lock:
            if self._failures >= FAILURES and self._now() < self._closes_at:
                return False
            self._closes_at = self._now() + SECONDS  # of no use unless it is open
            return True

    def answered(self) -> None:
        """An answer that blames the caller is one too."""
        with self._lock:
            self._failures = 0

    def failed(self, *, for_good: bool = False) -> None:
        """for_good: what is gone does not come back in a moment, so that no row of failures is needed."""
        with self._lock:
            self._failures = max(self._failures + 1, FAILURES if for_good else 0)
            self._closes_at = self._now() + SECONDS
