"""Texts that say nearly the same, by MinHash and locality-sensitive hashing (rensa), each likeness checked exactly.

Likeness is Jaccard's: of the words and neighbouring pairs of two texts, the share that both have. MinHash alone
estimates it; here it only proposes, so that nothing is put together that is not as alike as was asked. What it does not
propose is missed: at a likeness of 0.8, with 32 bands of 4 rows, fewer than one pair in ten million.

What more than half of all texts say is no likeness: a template around each question would make all of them the same.
"""

from collections import Counter
from collections.abc import Sequence

from rensa import RMinHash, RMinHashLSH

from distillery.datasets.curation.words import shingles

PERMUTATIONS, BANDS = 128, 32
SEED = 20241204  # any number: the same one gives the same groups
SAMPLE, LEAST_SAMPLE = 1_000, 20


def leaders(texts: Sequence[str], *, likeness: float) -> list[int]:
    """For each text the index of the first text that it is alike to, its own where there is none before it.

    A text is compared with leaders alone, so likeness never travels along a chain. `likeness`: above 0, at most 1.
    """
    common = said_by_most(texts)
    hashes = RMinHash.from_token_sets((_own(text, common) for text in texts), PERMUTATIONS, SEED)
    index = RMinHashLSH(threshold=likeness, num_perm=PERMUTATIONS, num_bands=BANDS)
    led: list[int] = []
    for number, one in enumerate(hashes):
        proposed = sorted(index.query(one))
        own = _own(texts[number], common) if proposed else set()  # most texts are proposed to none
        leader = next((at for at in proposed if jaccard(own, _own(texts[at], common)) >= likeness), number)
        if leader == number:
            index.insert(number, one)
        led.append(leader)
    return led


def said_by_most(texts: Sequence[str]) -> frozenset[str]:
    """The shingles of more than half of the texts, judged by an even sample of them; none where texts are few."""
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    if len(sample) < LEAST_SAMPLE:
        return frozenset()
    spread = Counter(shingle for text in sample for shingle in set(shingles(text)))
    return frozenset(shingle for shingle, count in spread.items() if count > len(sample) / 2)


def _own(text: str, common: frozenset[str]) -> set[str]:
    """What the text says beside what most say; all of it where it says nothing else."""
    said = set(shingles(text))
    return said - common or said


def jaccard(one: set[str], other: set[str]) -> float:
    """0 where nothing is shared, 1 where all is. Texts without words are alike to nothing."""
    return len(one & other) / len(one | other) if one and other else 0.0
