"""Diverse selection over word unigrams and bigrams.

Stratified by label, so that rare labels are represented. Within a label, texts are selected greedily by facility
location: each step takes the text that most increases how well the selection covers the whole (within 1 - 1/e of the
optimum: Nemhauser, Wolsey and Fisher, 1978; lazy evaluation: Minoux, 1978). A text's vector holds the TF-IDF weights of
its shingles, hashed into `DIMENSIONS` signed buckets (Weinberger et al., 2009). Groups larger than `BLOCK_SIZE` are
first divided into random blocks with a fixed seed.
"""

import heapq
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from distillery.datasets.curation.text import Vocabulary

SEED = 20241204
"""Arbitrary but fixed: equal input gives an equal selection."""
DIMENSIONS = 256
FREQUENCY_BITS = 20
"""Shingles are counted in 2**20 buckets, so that the memory does not grow with the vocabulary."""
BLOCK_SIZE = 2_000

_SHIFT, _SIGN, _BUCKET = np.uint32(32 - FREQUENCY_BITS), np.uint32(1), np.uint32(1)

Vectors = NDArray[np.float32]
Indices = list[int]
Label = TypeVar("Label", bound=Hashable)


def select_diverse(texts: Sequence[str], labels: Sequence[Hashable], count: int) -> Indices:
    """Selects a diverse part of the texts, balanced over labels.

    Args:
        texts: The texts to select from.
        labels: One label for each text; all equal if there are no labels.
        count: Maximum number of texts to select.

    Returns:
        The indices of the selected texts, ascending.
    """
    if len(texts) <= count:
        return list(range(len(texts)))
    vectors = embed(texts)
    groups: dict[Hashable, Indices] = {}
    for index, label in enumerate(labels):
        groups.setdefault(label, []).append(index)
    quotas = balanced_quotas({label: len(group) for label, group in groups.items()}, count)
    return sorted(index for label, quota in quotas.items() for index in _select(vectors, groups[label], quota))


def balanced_quotas(sizes: Mapping[Label, int], total: int) -> dict[Label, int]:
    """Divides `total` evenly over groups. What a group is too small for goes to larger ones."""
    quotas = dict.fromkeys(sizes, 0)
    left, ascending = total, sorted(sizes, key=lambda group: (sizes[group], repr(group)))
    for position, group in enumerate(ascending):
        quotas[group] = min(sizes[group], left // (len(ascending) - position))
        left -= quotas[group]
    return quotas


def embed(texts: Sequence[str]) -> Vectors:
    """Returns an array of shape (len(texts), DIMENSIONS): rows of unit length, all zeros for a text without words."""
    vocabulary = Vocabulary()
    frequencies = np.zeros(1 << FREQUENCY_BITS, dtype=np.int32)
    for text in texts:
        np.add.at(frequencies, vocabulary.shingles(text).ids >> _SHIFT, 1)
    rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):  # counted again: to keep the shingles would need gigabytes
        ids, counts = vocabulary.shingles(text)
        weights = (1 + np.log(counts)) * np.log((1 + len(texts)) / frequencies[ids >> _SHIFT])
        signs = np.where(ids & _SIGN, 1.0, -1.0)
        row += np.bincount((ids >> _BUCKET) % DIMENSIONS, weights=signs * weights, minlength=DIMENSIONS)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, norms, out=rows, where=norms > 0)
    return rows


def _select(vectors: Vectors, group: Indices, quota: int) -> Indices:
    """Selects `quota` members of a group, block by block."""
    if quota in (0, len(group)):
        return group[:quota]
    blocks = -(-len(group) // BLOCK_SIZE)
    shuffled = np.random.default_rng(SEED).permutation(len(group)) if blocks > 1 else np.arange(len(group))
    selected: Indices = []
    for number, members in enumerate(np.array_split(shuffled, blocks)):
        share = quota * (number + 1) // blocks - quota * number // blocks
        order = facility_location(vectors[[group[member] for member in members]], share)
        selected += [group[members[at]] for at in order]
    return selected


def facility_location(vectors: Vectors, count: int) -> Indices:
    """Returns the first `count` rows in greedy facility-location order. Ties go to the earlier row."""
    similarity = np.maximum(vectors @ vectors.T, 0)
    covered = np.zeros(len(vectors), dtype=np.float32)
    # A row's gain never increases as others are selected, so a top of the heap that is up to date is the maximum.
    heap = [(-float(gain), row, 0) for row, gain in enumerate(similarity.sum(axis=1))]
    heapq.heapify(heap)
    order: Indices = []
    while len(order) < count:
        _, row, computed_at = heapq.heappop(heap)
        if computed_at == len(order):
            order.append(row)
            np.maximum(covered, similarity[row], out=covered)
        else:
            gain = float(np.maximum(similarity[row] - covered, 0).sum())
            heapq.heappush(heap, (-gain, row, len(order)))
    return order
