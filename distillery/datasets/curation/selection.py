"""A diverse choice among more prompts than are wanted.

Method: prompts are dealt out evenly over their labels where there are labels, so that rare ones are taught too.
Within a label they are ordered by facility location: each next prompt is the one that makes the chosen ones resemble
the whole most (greedy, within 1 - 1/e of the best choice: Nemhauser, Wolsey and Fisher, 1978; evaluated lazily:
Minoux, 1978).
A prompt is a vector of its words and neighbouring pairs, weighted by how rare they are and hashed into `WIDTH` signed
places (Weinberger et al., 2009). Groups of more than `BLOCK` are first dealt into blocks at random, by a seed.
"""

import heapq
import math
import zlib
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from distillery.datasets.curation.words import shingles

WIDTH = 256
BLOCK = 2_000
SEED = 20241204

Vectors = NDArray[np.float32]
Indices = list[int]
Label = TypeVar("Label", bound=Hashable)


def choose(texts: Sequence[str], labels: Sequence[Hashable], most: int) -> Indices:
    """The indices of at most `most` texts, ascending. labels: one for each text, all the same where there are none."""
    if len(texts) <= most:
        return list(range(len(texts)))
    vectors = embed(texts)
    groups: dict[Hashable, Indices] = {}
    for index, label in enumerate(labels):
        groups.setdefault(label, []).append(index)
    shares = even_shares({label: len(group) for label, group in groups.items()}, most)
    return sorted(index for label, share in shares.items() for index in _of_group(vectors, groups[label], share))


def even_shares(sizes: Mapping[Label, int], most: int) -> dict[Label, int]:
    """How many of each group, `most` together: the same for all, but for groups that have no more to give."""
    shares = dict.fromkeys(sizes, 0)
    left, open_groups = most, sorted(sizes, key=lambda group: (sizes[group], repr(group)))
    for place, group in enumerate(open_groups):  # the smallest first: what it cannot give, larger ones may
        shares[group] = min(sizes[group], left // (len(open_groups) - place))
        left -= shares[group]
    return shares


def embed(texts: Sequence[str]) -> Vectors:
    """A row of length 1 for each text; all zeros for one without words."""
    documents = [Counter(shingles(text)) for text in texts]
    spread = Counter(term for document in documents for term in document)
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, document in zip(rows, documents, strict=True):
        for term, count in document.items():
            hashed = zlib.crc32(term.encode())
            sign = 1 if hashed & 0x8000_0000 else -1
            row[hashed % WIDTH] += sign * (1 + math.log(count)) * math.log((1 + len(texts)) / spread[term])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows


def _of_group(vectors: Vectors, group: Indices, share: int) -> Indices:
    if share in (0, len(group)):
        return group[:share]
    blocks = -(-len(group) // BLOCK)
    dealt = np.random.default_rng(SEED).permutation(len(group)) if blocks > 1 else np.arange(len(group))
    chosen: Indices = []
    for number, places in enumerate(np.array_split(dealt, blocks)):
        quota = share * (number + 1) // blocks - share * number // blocks
        order = greedy(vectors[[group[place] for place in places]], quota)
        chosen += [group[places[at]] for at in order]
    return chosen


def greedy(vectors: Vectors, share: int) -> Indices:
    """The first `share` rows in facility location's greedy order; of equals the earlier."""
    alike = np.maximum(vectors @ vectors.T, 0)
    covered = np.zeros(len(vectors), dtype=np.float32)
    # What a row adds never grows as others are chosen: the top of the heap, once up to date, is the best there is.
    heap = [(-float(gain), row, 0) for row, gain in enumerate(alike.sum(axis=1))]
    heapq.heapify(heap)
    order: Indices = []
    while len(order) < share:
        _, row, known_at = heapq.heappop(heap)
        if known_at == len(order):
            order.append(row)
            np.maximum(covered, alike[row], out=covered)
        else:
            gain = float(np.maximum(alike[row] - covered, 0).sum())
            heapq.heappush(heap, (-gain, row, len(order)))
    return order
