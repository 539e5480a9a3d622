"""What the contestants said to one held-out prompt."""

from collections.abc import Mapping
from dataclasses import dataclass

from distillery.core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The answers to one held-out prompt. index: its line in the held-out file; answers: role → reply."""

    index: int
    answers: Mapping[str, Reply]
