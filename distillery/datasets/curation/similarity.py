"""Text similarity: near-duplicate detection and diverse selection, both over word unigrams and bigrams.

Near duplicates: MinHash with locality-sensitive hashing (rensa) proposes candidate pairs, and the exact Jaccard
similarity of their shingles decides. LSH therefore causes no false positives, and few misses: at a similarity of 0.8,
with 32 bands of 4 rows, fewer than one pair in ten million. Shingles that occur in more than half of all texts are left
out of the comparison, because a template around each question would make all questions near duplicates.

Selection: stratified by label, so that rare labels are represented. Within a label, texts are selected greedily by
facility location: each step takes the text that most increases how well the selection covers the whole (within 1 - 1/e
of the optimum: Nemhauser, Wolsey and Fisher, 1978; lazy evaluation: Minoux, 1978). A text's vector holds the TF-IDF
weights of its shingles, hashed into `DIMENSIONS` signed buckets (Weinberger et al., 2009). Groups larger than
`BLOCK_SIZE` are first divided into random blocks with a fixed seed.
"""

import heapq
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

# Kana, CJK ideographs and Thai are matched one character at a time: these scripts put no spaces between words.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+")

PERMUTATIONS, BANDS = 128, 32
SEED = 20241204
"""Arbitrary but fixed: equal input gives equal groups and an equal selection."""
SAMPLE, MIN_SAMPLE = 1_000, 20
DIMENSIONS = 256
BLOCK_SIZE = 2_000

Vectors = NDArray[np.float32]
Indices = list[int]
Label = TypeVar("Label", bound=Hashable)


def words(text: str) -> list[str]:
    """Splits a text into words, NFKC-normalized and case-folded. Numbers are words; punctuation is dropped."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded)


def shingles(text: str) -> list[str]:
    """Returns the words of a text, followed by each pair of adjacent words."""
    found = words(text)
    return [*found, *map(" ".join, pairwise(found))]


def cluster_leaders(texts: Sequence[str], *, threshold: float) -> list[int]:
    """Assigns each text to the first earlier text that it is a near duplicate of.

    Texts are compared with leaders only, so similarity is not transitive along a chain.

    Args:
        texts: The texts, in order of preference.
        threshold: Minimum Jaccard similarity of near duplicates, above 0 and at most 1.

    Returns:
        For each text the index of its leader; its own index where it is a leader itself.
    """
    common = common_shingles(texts)
    hashes = RMinHash.from_token_sets((_distinctive(text, common) for text in texts), PERMUTATIONS, SEED)
    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    leaders: list[int] = []
    for number, minhash in enumerate(hashes):
        candidates = sorted(index.query(minhash))
        own = _distinctive(texts[number], common) if candidates else set()  # most texts have no candidate
        leader = next((at for at in candidates if jaccard(own, _distinctive(texts[at], common)) >= threshold), number)
        if leader == number:
            index.insert(number, minhash)
        leaders.append(leader)
    return leaders


def common_shingles(texts: Sequence[str]) -> frozenset[str]:
    """Returns the shingles of more than half of the texts, estimated from an even sample.

    Empty for fewer than `MIN_SAMPLE` texts.
    """
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    if len(sample) < MIN_SAMPLE:
        return frozenset()
    frequencies = Counter(shingle for text in sample for shingle in set(shingles(text)))
    return frozenset(shingle for shingle, count in frequencies.items() if count > len(sample) / 2)


def _distinctive(text: str, common: frozenset[str]) -> set[str]:
    """Returns the text's shingles without the common ones, or all of them if it has no others."""
    found = set(shingles(text))
    return found - common or found


def jaccard(one: set[str], other: set[str]) -> float:
    """Returns the Jaccard similarity of two sets; 0 if either is empty."""
    return len(one & other) / len(one | other) if one and other else 0.0


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
    documents = [Counter(shingles(text)) for text in texts]
    frequencies = Counter(term for document in documents for term in document)
    rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, document in zip(rows, documents, strict=True):
        for term, count in document.items():
            hashed = zlib.crc32(term.encode())
            sign = 1 if hashed & 0x8000_0000 else -1
            row[hashed % DIMENSIONS] += sign * (1 + math.log(count)) * math.log((1 + len(texts)) / frequencies[term])
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
