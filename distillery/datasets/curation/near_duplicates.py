"""Near duplicates: prompts that ask the same thing in nearly the same words.

Two prompts are compared by what differs: the segments (sentences, lines, labels) that both have are left out, because a
passage, an instruction or an example that many prompts share says nothing about what is asked. Of the rest, the
shingles (words and pairs of adjacent words) are compared by their weighted Jaccard similarity. A shingle weighs the
more, the fewer prompts have it (inverse document frequency), so that a template within a sentence counts little and the
words that vary count much.

Prompts with different system prompts, turns, numbers, symbols or reference answers are never near duplicates. Nor are
prompts that differ by a word in the middle of a segment, or by one that negates: `wording` says which words and which
parts of a text make no difference. Without reference answers, prompts have to be twice as close.

Candidates come from two indexes, so that the cost grows with the prompts and not with their square: prompts that share
several segments, and prompts that share one of their rarest shingles. The second is exact for prompts of one segment
(prefix filtering: Chaudhuri, Ganti and Kaushik, 2006; Bayardo, Ma and Srikant, 2007).
"""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distillery.core.conversation import Prompt
from distillery.datasets.curation.text import (
    Ids,
    Vocabulary,
    checksum,
    distinct,
    normalize,
    numbers,
    prompt_text,
    repeated,
    segments,
    shingle_ids,
    symbols,
    word_pattern,
    words,
)
from distillery.datasets.curation.wording import canonical_texts, segments_differ_in_style

SHARED = 3
"""Prompts from which a segment is taken for a part of a passage or a template, and no longer leads to candidates by its
words."""
MAX_GROUP = 50
"""Earlier prompts to which a common segment leads: the first ones that have it and are no near duplicates."""
MAX_CANDIDATES = 200
"""Earlier prompts with which one prompt is compared, those with most in common first."""
MAX_POSTINGS = 2_000
COMMON_SEGMENTS = 0.3
"""Share of a prompt's segments that a candidate must have."""
SKETCH, SKETCH_MATCHES = 24, 4
"""Features by which a long prompt is looked up, and how many a candidate must share. Near duplicates share most."""
SHORT = 500
"""Characters up to which the shingles of a text are kept."""

Progress = Callable[[int, int], None]
"""Called with the number of prompts that are done, and of all."""


def cluster_leaders(prompts: Sequence[Prompt], *, threshold: float, progress: Progress | None = None) -> list[int]:
    """Assigns each prompt to the first earlier prompt that it is a near duplicate of.

    Prompts are compared with leaders only, so similarity is not transitive along a chain.

    Args:
        prompts: The prompts, in order of preference.
        threshold: Minimum similarity of near duplicates, above 0 and at most 1.
        progress: Called for every hundredth prompt, if given.

    Returns:
        For each prompt the index of its leader; its own index where it is a leader itself.
    """
    corpus = Corpus(prompts, threshold)
    equal: dict[int, int] = {}
    by_segment, by_shingle = Postings(MAX_GROUP), Postings(MAX_POSTINGS)
    leaders: list[int] = []
    for number in range(len(prompts)):
        whole, common, least = corpus.common_segments(number)
        prefix = corpus.prefix(number)
        candidates = by_segment.most_common(common, least)
        candidates |= by_shingle.most_common(prefix, SKETCH_MATCHES if len(prefix) >= SKETCH else 1)
        candidates.add(equal.setdefault(whole, number))
        candidates.discard(number)
        leader = next((other for other in sorted(candidates) if corpus.are_near(other, number)), number)
        if leader == number:
            by_segment.add(common, number)
            by_shingle.add(prefix, number)
        leaders.append(leader)
        if progress is not None and number % 100 == 0:
            progress(number, len(prompts))
    return leaders


class Postings:
    """An inverted index: the first prompts that have a feature."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, features: Sequence[int], prompt: int) -> None:
        for feature in features:
            if len(prompts := self._of[feature]) < self._most:
                prompts.append(prompt)

    def most_common(self, features: Sequence[int], least: float) -> set[int]:
        """Returns the prompts that share most of these features and at least so many, at most MAX_CANDIDATES."""
        counted = Counter(prompt for feature in features if feature in self._of for prompt in self._of[feature])
        return {prompt for prompt, count in counted.most_common(MAX_CANDIDATES) if count >= least}


class Identity(NamedTuple):
    """What near duplicates have in common: system prompt, number of turns and reference answer, without case and white
    space. mark: a hash of it."""

    parts: tuple[str, int, str | None]
    mark: int


class ReadPrompt(NamedTuple):
    """A prompt that was taken apart once. hashes, lengths: of its segments, in their order; lengths are in words.
    words: the numbers of the words of all segments."""

    hashes: NDArray[np.int64]
    lengths: NDArray[np.intp]
    words: Ids

    def words_without(self, shared: NDArray[np.int64]) -> Ids:
        """Returns the words without those of shared segments, whose hashes are given in ascending order."""
        if not len(shared):
            return self.words
        places = np.minimum(np.searchsorted(shared, self.hashes), len(shared) - 1)
        own: NDArray[np.bool_] = np.repeat(shared[places] != self.hashes, self.lengths)
        return self.words[own]


class Corpus:
    """The prompts with what is counted over all of them: how many have a segment, and how many a shingle."""

    def __init__(self, prompts: Sequence[Prompt], threshold: float) -> None:
        self._prompts, self._threshold = prompts, threshold
        self._identities = [_identity(prompt) for prompt in prompts]
        self._vocabulary = Vocabulary()
        self._canonical = canonical_texts(prompts)
        read = deque(self._read(segments(self._text(number))) for number in range(len(prompts)))
        self._segments = [distinct(one.hashes) for one in read]
        self._segment_counts = dict(repeated(self._segments))
        shared = np.array([one for one, count in self._segment_counts.items() if count >= SHARED], dtype=np.int64)
        self._shingles: list[Ids] = []
        while read:  # frees each as it goes, because both take as much memory as the texts
            self._shingles.append(shingle_ids(read.popleft().words_without(shared)))
        total = sum(map(len, self._shingles))
        self._shift = np.uint32(32 - min(26, max(16, (4 * total).bit_length())))
        self._frequencies = np.zeros(1 << (32 - int(self._shift)), dtype=np.uint16)
        for ids in self._shingles:
            self._frequencies[ids >> self._shift] += 1
        self._segments_of_recent = lru_cache(maxsize=4_000)(self._segments_of)
        self._symbols_of_recent = lru_cache(maxsize=4_000)(self._symbols_of)
        self._ids_of_short = lru_cache(maxsize=32_768)(self._shingles_of)

    def __len__(self) -> int:
        return len(self._prompts)

    def common_segments(self, number: int) -> tuple[int, list[int], float]:
        """Returns a hash of all segments, the rarest of those that are common, and how many a candidate must have."""
        found = sorted(map(int, self._segments[number]))
        common = sorted((self._segment_counts[one], one) for one in found if one in self._segment_counts)
        whole = checksum(repr(found)) ^ self._identities[number].mark
        least = COMMON_SEGMENTS * min(len(found), SKETCH)
        return whole, self._marked(number, [one for _, one in common[:SKETCH]]), least

    def prefix(self, number: int) -> list[int]:
        """Returns the prompt's rarest shingles: a near duplicate without a common segment has one of them too."""
        ids = self._shingles[number]
        frequencies, weights = self._weigh(ids)
        order = np.lexsort((ids, frequencies))
        total = float(weights.sum())
        before = np.cumsum(weights[order]) - weights[order]
        count = int(np.searchsorted(before, (1 - self._threshold) * total, side="right")) if total else len(ids)
        prefix = order[:count]
        return self._marked(number, map(int, ids[prefix[frequencies[prefix] > 1]]))

    def _marked(self, number: int, features: Iterable[int]) -> list[int]:
        """Returns up to SKETCH features, made different for prompts that cannot be near duplicates."""
        mark = self._identities[number].mark
        return sorted(mark ^ feature for feature in features)[:SKETCH]

    def are_near(self, one: int, other: int) -> bool:
        """Whether two prompts are near duplicates. What takes long to find is compared last."""
        if self._identities[one] != self._identities[other]:
            return False
        first, second = self._segments_of_recent(one), self._segments_of_recent(other)
        of_first, of_second = set(first), set(second)
        mine = [segment for segment in first if segment not in of_second]
        its = [segment for segment in second if segment not in of_first]
        if [s for s in first if s in of_second] != [s for s in second if s in of_first]:
            return False  # the same lines in another order: `From: Berlin`, `To: Paris`
        labelled = self._prompts[one].reference is not None
        threshold = self._threshold if labelled else (1 + self._threshold) / 2
        if (mine or its) and not self._are_alike(mine, its, threshold):
            return False
        return self._symbols_of_recent(one) == self._symbols_of_recent(other)

    def _are_alike(self, mine: list[str], its: list[str], threshold: float) -> bool:
        """Whether the segments in which two prompts differ say the same."""
        my_text, its_text = " ".join(mine), " ".join(its)
        if any(first != second for first, second in zip_longest(numbers(my_text), numbers(its_text))):
            return False
        return self._similarity(my_text, its_text) >= threshold and segments_differ_in_style(mine, its)

    def _similarity(self, one: str, other: str) -> float:
        """Returns the lower of the weighted and the plain Jaccard similarity: a rare word decides, and so does a
        frequent one, as in "the change" and "the percentage change"."""
        first, second = self._ids(one), self._ids(other)
        if min(len(first), len(second)) < self._threshold * max(len(first), len(second)):
            return 0.0
        both = np.intersect1d(first, second, assume_unique=True)
        plain = len(both) / max(1, len(first) + len(second) - len(both))
        if plain < self._threshold:
            return plain
        either = distinct(np.concatenate((first, second)))
        common, every = (float(self._weigh(ids)[1].sum()) for ids in (both, either))
        return min(plain, common / every) if every else plain

    def _ids(self, text: str) -> Ids:
        """Short texts have the most candidates, and cost little to keep."""
        return self._ids_of_short(text) if len(text) <= SHORT else self._shingles_of(text)

    def _shingles_of(self, text: str) -> Ids:
        return shingle_ids(self._vocabulary.numbers(words(text)))

    def _read(self, found: Sequence[str]) -> ReadPrompt:
        of_segments = [*map(word_pattern("".join(found)).findall, found)]
        return ReadPrompt(
            hashes=np.array([checksum(segment) for segment in found], dtype=np.int64),
            lengths=np.array([len(each) for each in of_segments], dtype=np.intp),
            words=self._vocabulary.numbers([*chain.from_iterable(of_segments)]),
        )

    def _weigh(self, ids: Ids) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
        """Returns how many prompts have each shingle, and its weight. Two prompts alone do not make it common."""
        frequencies = self._frequencies[ids >> self._shift]
        return frequencies, math.log(len(self._prompts)) - np.log(np.maximum(frequencies, 2) - 1.0)

    def _text(self, number: int) -> str:
        return self._canonical.get(number) or prompt_text(self._prompts[number])

    def _segments_of(self, number: int) -> list[str]:
        text = self._text(number)
        return segments(text) or [text.strip()]

    def _symbols_of(self, number: int) -> tuple[str, ...]:
        return symbols(self._text(number))


def _identity(prompt: Prompt) -> Identity:
    answer = None if prompt.reference is None else " ".join(normalize(prompt.reference).split())
    identity = (" ".join(normalize(prompt.system or "").split()), len(prompt.messages), answer)
    return Identity(identity, checksum(repr(identity)))
