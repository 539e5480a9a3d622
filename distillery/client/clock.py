"""Clock, sleep and jitter of a route."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


def _jitter(most: float) -> float:
    return random.uniform(0, most)  # noqa: S311  # spreads retries; not a secret


def _sleep(seconds: float) -> None:
    time.sleep(seconds)  # looked up for each call, so that a test that replaces it reaches routes with default timing


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, sleep, and jitter of a route, which tests replace.

    Attributes:
        now: returns seconds of a monotonic clock.
        sleep: waits for a number of seconds.
        jitter: returns a random number between 0 and its argument.
        wall: returns seconds since the epoch, by which canaries end.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = _sleep
    jitter: Callable[[float], float] = _jitter
    wall: Callable[[], float] = time.time  # noqa: TID251  # the client imports nothing of ours
