"""What is asked of lines, beyond the schema: it depends on the student."""

from dataclasses import dataclass

from distillery.core.limits import MAX_LINE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """multi_turn: whether the student is distilled from dialogues, None where no student is named.

    context: tokens of a prompt with its answer that the student is trained on, None where unknown; answer: tokens
    that an answer may have. Tokens are estimated between two bounds: about characters / 4, and never more than the
    line has bytes, since a byte-level tokenizer makes at most one token of each (Llama's is one; of Nova's no source
    tells). Below the line limit of 16 KB a context of 32,000 tokens is therefore out of reach.
    """

    multi_turn: bool | None = None
    context: int | None = None
    answer: int = 0
    line_bytes: int = MAX_LINE_BYTES

    @property
    def sure_bytes(self) -> int:
        """A line of at most so many bytes breaks no rule of length, whatever it holds."""
        return self.line_bytes if self.context is None else min(self.line_bytes, self.context - self.answer)
