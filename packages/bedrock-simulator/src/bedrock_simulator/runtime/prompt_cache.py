"""Prompt caching: what a request reads from the cache and writes to it at its checkpoints.

User Guide, "Prompt caching for faster model inference": checkpoints are taken in the order tools, system, messages; the
least length counts all of them together; a prompt that is too short is served without a cache; a hit renews the life of
its entry; `inputTokens` has neither what was read nor what was written. An entry is found again at a checkpoint only,
where the service also looks back over some blocks (simplified). Implicit caching, which is best effort, is not
simulated. The messages for too many checkpoints and for a model without caching are as users report them.
"""

import hashlib
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import MAX_CHECKPOINTS, Limits
from bedrock_simulator.models import text

LIVES = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1)}
_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The prompt up to a checkpoint: in which field it is, and how long it lives."""

    field: str
    prefix: str
    life: str = "5m"


@dataclass(frozen=True, slots=True)
class CacheUse:
    """Tokens read from the cache, and written to it with each life."""

    read: int = 0
    written: tuple[tuple[str, int], ...] = ()

    @property
    def write(self) -> int:
        """All tokens written."""
        return sum(tokens for _, tokens in self.written)


NO_CACHE = CacheUse()


def check_checkpoints(checkpoints: Sequence[Checkpoint], limits: Limits) -> None:
    """Raises the service's error for checkpoints that the model does not take."""
    if not checkpoints:
        return
    if limits.caching is None:
        raise errors.denied(
            "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for "
            "more information."
        )
    if len(checkpoints) > MAX_CHECKPOINTS:
        raise errors.ModelValidationError(
            f"A maximum of {MAX_CHECKPOINTS} blocks with cache_control may be provided. Found {len(checkpoints)}."
        )
    for each in checkpoints:
        if each.field not in limits.caching.fields:
            raise errors.validation(f"This model doesn't support cache checkpoints in {each.field}.")
        if each.life not in limits.caching.lives:
            raise errors.validation(
                f"This model doesn't support the time to live {each.life}; it takes {', '.join(limits.caching.lives)}."
            )
    lives = [LIVES[each.life] for each in checkpoints]
    if lives != sorted(lives, reverse=True):
        raise errors.ModelValidationError("A checkpoint with a longer time to live must come before a shorter one.")


class PromptCache:
    """The cached prompts of all accounts. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expiry: dict[Hashable, datetime] = {}

    def use(self, owner: Hashable, checkpoints: Sequence[Checkpoint], least: int, now: datetime) -> CacheUse:
        """Looks a request's checkpoints up, and stores them. `owner` is who shares entries; `least` is in tokens."""
        eligible = [each for each in checkpoints if text.tokens(each.prefix) >= least]
        with self._lock:
            keys = [(owner, hashlib.sha256(each.prefix.encode()).digest()) for each in eligible]
            hits = [at for at, key in enumerate(keys) if self._expiry.get(key, now) > now]
            for each, key in zip(eligible, keys, strict=True):
                self._expiry[key] = now + LIVES[each.life]
            self._forget(now)
        lengths = [text.tokens(each.prefix) for each in eligible]
        read = max((lengths[at] for at in hits), default=0)
        written: dict[str, int] = {}
        before = read
        for each, length in zip(eligible, lengths, strict=True):
            if length > before:
                written[each.life] = written.get(each.life, 0) + length - before
                before = length
        return CacheUse(read, tuple(sorted(written.items())))

    def _forget(self, now: datetime) -> None:
        if len(self._expiry) > _MOST_ENTRIES:
            self._expiry = {key: until for key, until in self._expiry.items() if until > now}
            while len(self._expiry) > _MOST_ENTRIES:
                self._expiry.pop(next(iter(self._expiry)))

    def clear(self) -> None:
        """Discards all entries."""
        with self._lock:
            self._expiry.clear()
