"""Splits a data set into training and held-out prompts, the same way every time.

The order of the input does not matter: the prompts with the smallest digests are held out. Prompts that differ only in
case, white space or Unicode form belong together: one of them is held out and the others are dropped, because a student
that was trained on them would be graded on what it has seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from distillery.core.conversation import Prompt


@dataclass(frozen=True, slots=True)
class HashedPrompt:
    """A prompt with its two digests, computed once."""

    prompt: Prompt
    digest: str
    folded_digest: str

    @classmethod
    def of(cls, prompt: Prompt) -> Self:
        return cls(prompt, prompt.digest, prompt.folded_digest)


@dataclass(frozen=True, slots=True)
class Split:
    """Both parts in the order of the input. dropped: number of prompts too similar to a held-out one."""

    train: tuple[HashedPrompt, ...]
    heldout: tuple[HashedPrompt, ...]
    dropped: int

    @property
    def labelled(self) -> bool:
        """Whether every held-out prompt has a reference answer, so that accuracy can be measured."""
        return bool(self.heldout) and all(row.prompt.reference is not None for row in self.heldout)


def split(rows: Iterable[HashedPrompt], *, share: float, max_heldout: int) -> Split:
    """Holds out `share` of the distinct prompts, at most `max_heldout`."""
    rows = tuple(rows)
    smallest: dict[str, str] = {}
    for row in rows:
        smallest[row.folded_digest] = min(row.digest, smallest.get(row.folded_digest, row.digest))
    count = min(max_heldout, round(share * len(smallest)))
    held_out = {folded: smallest[folded] for folded in sorted(smallest)[:count]}
    train = tuple(row for row in rows if row.folded_digest not in held_out)
    heldout = tuple(row for row in rows if held_out.get(row.folded_digest) == row.digest)
    return Split(train, heldout, len(rows) - len(train) - len(heldout))
