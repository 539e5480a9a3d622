"""Tokens, as far as they can be told without the model's own tokenizer."""

CHARACTERS_PER_TOKEN = 4
"""About, in English; other languages need more tokens. The most there can be is one a byte of UTF-8."""


def tokens(characters: int) -> int:
    """About so many; rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)
