"""Which prompts are near duplicates of prompts that a model was trained on.

Both sides are compared in blocks, so that memory and time are bounded whatever a training file holds. What a block has
is counted within it: how common a segment or a word is may differ from one block to the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from distillery.core.conversation import Prompt
from distillery.datasets.curation.near_duplicates import (
    MAX_GROUP,
    MAX_POSTINGS,
    SKETCH,
    SKETCH_MATCHES,
    Corpus,
    Postings,
)

BLOCK = 500
"""Prompts of one side that are compared at a time. Those of both take 350 MB at 8 KB each, and 15,000 of them with 200
others 20 seconds of one CPU."""


def near_trained(asked: Sequence[Prompt], trained: Sequence[Prompt], *, threshold: float) -> set[int]:
    """The indices of the prompts of `asked` that are near duplicates of one of `trained`.

    Where both sides have reference answers, those of near duplicates are equal. Else none counts, and the prompts have
    to be twice as close.
    """
    if not asked or not trained:
        return set()
    if any(prompt.reference is None for prompt in (*asked, *trained)):
        asked = [replace(prompt, reference=None) for prompt in asked]
        trained = [replace(prompt, reference=None) for prompt in trained]
    found: set[int] = set()
    for start in range(0, len(asked), BLOCK):
        for begin in range(0, len(trained), BLOCK):
            rest = [at for at in range(start, min(start + BLOCK, len(asked))) if at not in found]
            block = [asked[at] for at in rest]
            near = _near(Corpus([*block, *trained[begin : begin + BLOCK]], threshold), len(block))
            found |= {rest[at] for at in near}
    return found


def _near(corpus: Corpus, asked: int) -> Iterator[int]:
    """The first prompts, `asked` in number, that have a near duplicate among the others."""
    by_segment, by_shingle = Postings(max(MAX_GROUP, asked)), Postings(MAX_POSTINGS)
    equal: dict[int, list[int]] = {}
    for number in range(asked):
        whole, common, _ = corpus.common_segments(number)
        by_segment.add(common, number)
        by_shingle.add(corpus.prefix(number), number)
        equal.setdefault(whole, []).append(number)
    found: set[int] = set()
    for number in range(asked, len(corpus)):
        whole, common, least = corpus.common_segments(number)
        prefix = corpus.prefix(number)
        candidates = by_segment.most_common(common, least)
        candidates |= by_shingle.most_common(prefix, SKETCH_MATCHES if len(prefix) >= SKETCH else 1)
        candidates.update(equal.get(whole, ()))
        found.update(other for other in candidates - found if corpus.are_near(other, number))
    return iter(sorted(found))
