"""How busy the account is, for tests that wait: `GET /_admin/activity` answers `{"busy": n, "epoch": s}`.

AWS: has no such call; a test there polls until a deadline.
ministack: delivers events and invokes functions asynchronously, each in a thread of its own, and counts none of them.
Patch: requests, invocations and deliveries in progress are counted. Waits on the virtual clock are not: while only
    those are left, the account is quiet, and nothing happens before virtual time passes.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from ministack.services import eventbridge, lambda_svc, s3, sns

from local.emulator.module_copy import module_copy

_LOOPS = ("_poll_loop", "_serve")
"""Threads that run as long as the account does; those with a name of their own do, too."""


class _Activity:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = 0

    def busy(self) -> int:
        return self._busy

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Counts what is done within."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        with self._lock:
            self._busy += 1

    def end(self) -> None:
        with self._lock:
            self._busy -= 1


ACTIVITY = _Activity()


class _CountedThread(threading.Thread):
    """Is counted from its start, so that there is no gap between an event and its delivery."""

    def start(self) -> None:
        ACTIVITY.begin()
        try:
            super().start()
        except BaseException:
            ACTIVITY.end()
            raise

    def run(self) -> None:
        try:
            super().run()
        finally:
            ACTIVITY.end()


def _thread(*args: Any, **options: Any) -> threading.Thread:
    lasting = options.get("name") or getattr(options.get("target"), "__name__", "") in _LOOPS
    return (threading.Thread if lasting else _CountedThread)(*args, **options)


def install() -> None:
    """Counts deliveries, and invocations wherever they come from."""
    execute = lambda_svc._execute_function

    def execute_function(*args: Any, **options: Any) -> Any:
        with ACTIVITY.one():
            return execute(*args, **options)

    lambda_svc._execute_function = execute_function
    counting = module_copy(threading, Thread=_thread)
    for module in (s3, lambda_svc, eventbridge):
        module.threading = counting
    sns._threading = counting
