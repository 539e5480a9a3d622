"""A value that is read from afar, kept for a while, and kept for longer where it cannot be read again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS_KEPT = 60.0
"""How long what was read is used again: a deploy or a promotion reaches callers within this time."""
SECONDS_BETWEEN = 5.0
"""Between two reads that something went wrong about, so that many callers in trouble do not become SSM's trouble."""


LONGEST_WAIT = 10.0
"""For another thread's read: about as long as one may take where SSM is dead."""


class NotThere(Exception):
    """What was to be read does not exist; what was kept of it is worth nothing any more."""


class StillReading(TimeoutError):
    """Another thread's read took longer than this one could wait."""


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    """value: None where `why` says why there is none; at: when it was read; until: when it is looked at again."""

    value: T | None
    why: Exception | None
    at: float
    until: float


class Kept(Generic[T]):
    """`read` raises NotThere for what does not exist, and anything else where it could not find out. One thread reads
    at a time; meanwhile the others go on with the value before. What went wrong is kept too, for a moment."""

    def __init__(self, read: Callable[[], T], *, now: Callable[[], float]) -> None:
        self._from_afar, self._now, self._lock = read, now, threading.Lock()
        self._read: _Read[T] | None = None

    def value(self, wait: float = LONGEST_WAIT) -> T:
        """wait: seconds for another thread's read, without an earlier value. Raises NotThere, StillReading, or without
        an earlier value whatever reading raised."""
        read = self._read
        if read is None or self._now() >= read.until:
            read = self._again(None if read is None or read.why else read, wait, older=read)
        return _value(read)

    def refresh(self, wait: float = LONGEST_WAIT) -> T:
        """As it is now, at most SECONDS_BETWEEN old. Raises the same."""
        read = self._read
        if read is None or self._now() >= read.at + SECONDS_BETWEEN:
            read = self._again(None, wait, older=read)
        return _value(read)

    def _again(self, meanwhile: _Read[T] | None, wait: float, *, older: _Read[T] | None) -> _Read[T]:
        """meanwhile: what is good enough while another thread reads; without it this one waits for the other's."""
        if not self._lock.acquire(timeout=0.0 if meanwhile else max(wait, 0.0)):
            if meanwhile is None:
                raise StillReading("another thread is still reading it")
            return meanwhile
        try:
            before = self._read
            if before is not None and before is not older:
                return before  # another thread has just read it
            self._read = self._fresh(before)
            return self._read
        finally:
            self._lock.release()

    def _fresh(self, before: _Read[T] | None) -> _Read[T]:
        try:
            value = self._from_afar()
        except Exception as why:
            at = self._now()
            if before is None or before.why or isinstance(why, NotThere):
                return _Read(None, why, at, at + SECONDS_BETWEEN)
            return _Read(before.value, None, at, at + SECONDS_BETWEEN)
        return _Read(value, None, self._now(), self._now() + SECONDS_KEPT)


def _value(read: _Read[T]) -> T:
    if isinstance(read.why, NotThere):
        raise NotThere(*read.why.args)  # a new one: threads share what was read
    if read.why:
        raise read.why.with_traceback(None)  # shared, since not every error can be copied; its tracebacks do not add up
    return read.value  # type: ignore[return-value]  # whatever T is, None may be of it
