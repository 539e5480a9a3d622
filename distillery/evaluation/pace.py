"""How fast an evaluation asks: at most at half of the account's quotas, which it shares with callers.

Several chunks are asked at the same time. Each asks a burst of prompts, then waits until the next is due. The state
machine waits, so no function does.
"""

import math
from dataclasses import dataclass

PROMPTS_PER_CHUNK = 20
CHUNKS_AT_A_TIME = 4
SHARE = 0.5
"""Share of a quota that an evaluation may use."""
SHORTEST_PAUSE = 2
"""Seconds below which a pause is not worth another invocation."""
FIRST_PAUSE, LONGEST_PAUSE = 30, 240
"""Seconds before a request that failed is repeated, twice as long each time."""
FUTILE_ROUNDS = 6
"""Rounds without any answer after which what fails once more is recorded as missing: about 15 minutes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`prompts_per_minute`: by all chunks together; None without a limit."""

    prompts_per_minute: float | None

    @property
    def burst(self) -> int | None:
        """Prompts that a chunk may ask at once; None for all."""
        if self.prompts_per_minute is None:
            return None
        return min(PROMPTS_PER_CHUNK, max(1, math.floor(self.prompts_per_minute / CHUNKS_AT_A_TIME)))

    def first_pause(self, chunk: int) -> int:
        """Seconds before the first request of a chunk: the first chunks take turns."""
        if self.prompts_per_minute is None or self.burst is None or chunk >= CHUNKS_AT_A_TIME:
            return 0
        return math.floor(chunk * self.burst * 60 / self.prompts_per_minute)

    def pause(self, prompts: int, elapsed: float) -> int:
        """Seconds to wait after a burst of `prompts` that took `elapsed` seconds."""
        if self.prompts_per_minute is None:
            return 0
        seconds = math.ceil(prompts * 60 * CHUNKS_AT_A_TIME / self.prompts_per_minute - elapsed)
        return seconds if seconds >= SHORTEST_PAUSE else 0


def pause_after_failure(rounds: int) -> int:
    """Seconds to wait after so many rounds without an answer."""
    return int(min(LONGEST_PAUSE, FIRST_PAUSE * 2**rounds))
