"""What was asked up to now, so that a prompt that comes again is known."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from distillery.datasets.validation.fast_path import Asked

MOST_HASHES = 100_000
"""Different prompts, beyond which repeats are not counted any more: memory stays bounded, and no data set that large is
accepted."""


class Repeat(NamedTuple):
    """at: where in what was added; conflict: the earlier one had another answer."""

    at: int
    conflict: bool


def _itself(value: Any) -> Any:
    return value


class Prompts:
    """Different prompts with their answers, the first of each.

    With `keep` at most so many are held whole, for a data set. Otherwise, or beyond `keep`, hashes of 64 bits stand for
    them (Python's, keyed at random in each process): enough to count repeats, never used to leave a prompt out.
    """

    def __init__(self, keep: int = 0) -> None:
        self.keep = keep
        self._key: Callable[[Any], Hashable] = _itself if keep else hash
        self._seen: dict[Any, Any] = {}
        self.different = 0

    @property
    def kept(self) -> dict[Asked, str | None]:
        """asked → answer, in the order of the input; empty where nothing is kept, or where it was too many."""
        return self._seen if self._key is _itself else {}

    @property
    def counts_all(self) -> bool:
        """Whether `different` is exact; beyond a bound it stands still."""
        return len(self._seen) < MOST_HASHES

    def add(self, asked: Sequence[Asked], answers: Sequence[str | None]) -> list[Repeat]:
        """Those of these that came before."""
        if len(self._seen) >= MOST_HASHES:
            return []
        keys = [self._key(one) for one in asked]
        if len(set(keys)) == len(keys) and self._seen.keys().isdisjoint(keys):
            self._seen.update(zip(keys, map(self._key, answers), strict=True))
            repeats = []
        else:
            repeats = [repeat for index, key in enumerate(keys) if (repeat := self._add(index, key, answers[index]))]
        self.different = len(self._seen)
        if self._key is _itself and len(self._seen) > self.keep:
            self._let_go()
        return repeats

    def _add(self, index: int, key: Hashable, answer: str | None) -> Repeat | None:
        before = len(self._seen)
        first = self._seen.setdefault(key, self._key(answer))
        return Repeat(index, first != self._key(answer)) if len(self._seen) == before else None

    def _let_go(self) -> None:
        """Too many for a data set: only their number is still of interest."""
        self._seen = {hash(asked): hash(answer) for asked, answer in self._seen.items()}
        self._key = hash
