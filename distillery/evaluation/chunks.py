"""The chunks in which held-out prompts and a golden set are answered, and the names of their objects."""

from distillery.core.pipeline import Chunk, Dataset
from distillery.evaluation.pace import PROMPTS_PER_CHUNK

GOLDEN_DIGITS = 16
"""Digits of the SHA-256 of a golden set in the names of its parts."""


def chunks(dataset: Dataset) -> list[Chunk]:
    """The chunks of the held-out prompts, and then those of the golden set, whose prompts are numbered after them. No
    chunk has prompts of both, so another golden set makes no difference to answers of held-out prompts."""
    golden, heldout = dataset.golden, dataset.heldout
    cuts = [(start, min(start + PROMPTS_PER_CHUNK, heldout), "") for start in range(0, heldout, PROMPTS_PER_CHUNK)]
    if golden:
        end = heldout + golden.prompts
        cuts += [
            (start, min(start + PROMPTS_PER_CHUNK, end), golden.sha256[:GOLDEN_DIGITS])
            for start in range(heldout, end, PROMPTS_PER_CHUNK)
        ]
    return [
        Chunk(index=index, start=start, stop=stop, golden=digest) for index, (start, stop, digest) in enumerate(cuts)
    ]


def part_name(chunk: Chunk) -> str:
    """The name of a chunk's objects."""
    return f"golden-{chunk.golden}-{chunk.index:04}" if chunk.golden else f"part-{chunk.index:04}"
