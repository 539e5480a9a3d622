"""How much there is to answer and to learn."""

from dataclasses import dataclass
from decimal import Decimal

from distillery.core.pipeline import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a data set: training prompts, held-out prompts, and the tokens of both together, without answers."""

    prompts: int
    heldout: int
    tokens: int

    @property
    def tokens_each(self) -> Decimal:
        return Decimal(self.tokens) / max(1, self.prompts + self.heldout)


def size_of(dataset: Dataset) -> Size:
    return Size(prompts=dataset.prompts, heldout=dataset.heldout, tokens=dataset.tokens)
