"""A prompt of a data set and what it is known by."""

from dataclasses import dataclass
from typing import Self

from distillery.core.conversation import Prompt


@dataclass(frozen=True, slots=True)
class Row:
    """digest, folded: of the prompt, computed once."""

    prompt: Prompt
    digest: str
    folded: str

    @classmethod
    def of(cls, prompt: Prompt) -> Self:
        return cls(prompt, prompt.digest, prompt.folded_digest)
