"""Time as a route sees it: a clock that only runs forward, pauses, and chance. Tests bring their own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


def _jitter(most: float) -> float:
    return random.uniform(0, most)  # noqa: S311  # spreads retries; hides nothing


@dataclass(frozen=True, slots=True)
class Timing:
    """now: seconds from anywhere; jitter: somewhere between nothing and so many seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = _jitter
