"""A remote value that threads share: one of them reads it, the others continue with the previous value."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from distillery.client.aws import ParameterNotFound, TimeLimit, within

T = TypeVar("T")

CACHE_SECONDS = 60.0
"""A deployment or a promotion reaches callers within this time."""
RETRY_SECONDS = 5.0
"""Minimum time between two reads after a failed one, so that many failing callers do not overload SSM."""
MAX_WAIT = 10.0
"""Seconds that a read may take, in this thread or another."""
MIN_READ = 1.0
"""Seconds that every read may take, in a thread of its own if the caller has less time: otherwise a route with a short
deadline would never read its map."""


class ReadInProgress(TimeoutError):
    """Another thread's read took longer than this thread may wait."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    """value: None if `error` is set. read_at, expires_at: seconds of the cache's clock."""

    value: T | None
    error: Exception | None
    read_at: float
    expires_at: float


class CachedValue(Generic[T]):
    """A remote value. One thread reads it at a time; the others continue with the previous value.

    After a failed read the previous value stays in use, unless `read` raised ParameterNotFound. Errors are cached for
    RETRY_SECONDS.
    """

    def __init__(self, read: Callable[[], T], *, now: Callable[[], float], lifetime: float | None = None) -> None:
        self._read, self._now, self._lock = read, now, threading.Lock()
        self._lifetime = CACHE_SECONDS if lifetime is None else lifetime
        self._entry: _Entry[T] | None = None

    def value(self, wait: float = MAX_WAIT) -> T:
        """Returns the value, at most CACHE_SECONDS old.

        Args:
            wait: seconds that this may take, by reading or by another thread's read if there is no previous value. If
                there is one, reading may take half of it: the rest is left for the request.

        Raises:
            ParameterNotFound: the value does not exist.
            ReadInProgress: another thread is still reading it, or a read takes longer.
            Exception: the error of `read`, if there is no previous value.
        """
        entry = self._entry
        if entry is None or self._now() >= entry.expires_at:
            entry = self._reread(None if entry is None or entry.error else entry, wait, older=entry)
        return _value(entry)

    def refresh(self, wait: float = MAX_WAIT) -> T:
        """Returns the value, at most RETRY_SECONDS old. Raises the same errors."""
        entry = self._entry
        if entry is None or self._now() >= entry.read_at + RETRY_SECONDS:
            entry = self._reread(None, wait, older=entry)
        return _value(entry)

    def renew(self) -> None:
        """Replaces the lock, in a forked process."""
        self._lock = threading.Lock()

    def _reread(self, fallback: _Entry[T] | None, wait: float, *, older: _Entry[T] | None) -> _Entry[T]:
        """Reads, or returns `fallback` while another thread reads. Without a fallback, waits for the other thread."""
        if not self._lock.acquire(timeout=0.0 if fallback else max(wait, 0.0)):
            if fallback is None:
                raise ReadInProgress("another thread is still reading it")
            return fallback
        lock, seconds = self._lock, wait / 2 if fallback else wait
        done: threading.Event | None = None
        try:
            previous = self._entry
            if previous is not None and previous is not older:
                return previous  # another thread has just read it
            if seconds >= MIN_READ:
                with within(TimeLimit(seconds)):
                    self._entry = self._fresh(previous)
                return self._entry
            done = self._read_aside(previous, lock)
        finally:
            if done is None:
                lock.release()
        if done.wait(max(seconds, 0.0)) and self._entry is not None:
            return self._entry
        if fallback is None:
            raise ReadInProgress("reading it takes longer than the deadline")
        return fallback

    def _read_aside(self, previous: _Entry[T] | None, lock: threading.Lock) -> threading.Event:
        """Reads in a thread of its own, which releases the lock. The event is set when the entry is there."""
        done = threading.Event()

        def read() -> None:
            try:
                with within(TimeLimit(MIN_READ)):
                    self._entry = self._fresh(previous)
            finally:
                lock.release()
                done.set()

        threading.Thread(target=read, daemon=True).start()
        return done

    def _fresh(self, previous: _Entry[T] | None) -> _Entry[T]:
        try:
            value = self._read()
        except Exception as error:
            now = self._now()
            if previous is None or previous.error or isinstance(error, ParameterNotFound):
                return _Entry(None, error, now, now + RETRY_SECONDS)
            return _Entry(previous.value, None, now, now + RETRY_SECONDS)
        return _Entry(value, None, self._now(), self._now() + self._lifetime)


def _value(entry: _Entry[T]) -> T:
    if isinstance(entry.error, ParameterNotFound):
        raise ParameterNotFound(*entry.error.args)  # a new one: threads share the entry
    if entry.error:
        raise entry.error.with_traceback(None)  # shared, since not every error can be copied; drop its old traceback
    return entry.value  # type: ignore[return-value]  # T may include None
