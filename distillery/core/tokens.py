"""Estimates the tokens of a text by its script, in one pass of compiled code.

A character of English costs about a quarter of a token, one of Chinese a whole token, one of Georgian nearly two. No
source describes Nova's tokenizer, so the weights follow the least favourable of six published ones, among them that of
the Llama students: none needs more than `BOUND` times the estimate for prose, code or tables in any script of
tests/unit/core/tokens. In turn, the estimate is up to five times what the most favourable one needs.
"""

from typing import Final

BOUND: Final = 1.5
"""Tokens per estimated token, at most, in the tested scripts. Exceptions: strings of random letters and digits (1.8),
and Lao, which shares a weight with Thai (2.8)."""

PER_TOKEN: Final = 20
"""Weights are in twentieths of a token, so that they add up exactly."""
_LETTER, _DIGIT, _SYMBOL = 5, 14, 12
"""Weights in ASCII: of letters and white space, of digits, and of everything else."""
_LATIN: Final = 20

_WEIGHTS: Final = (
    ((0x00, 0x02), _LATIN),  # Latin with diacritics; ASCII is counted apart
    ((0x03, 0x03), 14),  # Greek
    ((0x04, 0x04), 9),  # Cyrillic
    ((0x05, 0x05), 30),  # Armenian, Hebrew
    ((0x06, 0x08), 16),  # Arabic, Persian, Urdu
    ((0x09, 0x09), 20),  # Devanagari, Bengali
    ((0x0A, 0x0D), 28),  # Gujarati, Gurmukhi, Kannada, Malayalam, Odia, Sinhala, Tamil, Telugu
    ((0x0E, 0x0E), 22),  # Thai, Lao
    ((0x10, 0x10), 32),  # Burmese, Georgian
    ((0x1E, 0x1E), 20),  # Latin with two diacritics, as in Vietnamese
    ((0x20, 0x20), 20),  # punctuation
    ((0x21, 0x2F), 40),  # symbols
    ((0x30, 0x30), 18),  # kana
    ((0x31, 0x9F), 22),  # Han
    ((0xAC, 0xD7), 20),  # Hangul
    ((0xD8, 0xDB), 56),  # the first half of a surrogate pair: emoji, rare characters
    ((0xDC, 0xDF), 0),  # and the second half
    ((0xFF, 0xFF), 18),  # full-width punctuation
)
"""Weights of characters by the first byte of their two in UTF-16, from and to."""
_OTHER: Final = 44

_LETTERS: Final = bytes(byte for byte in range(128) if chr(byte).isalpha() or chr(byte).isspace())
_DIGITS: Final = b"0123456789"


def _by_weight() -> dict[int, bytes]:
    weights = {page: weight for (first, last), weight in _WEIGHTS for page in range(first, last + 1)}
    groups: dict[int, list[int]] = {}
    for page in range(256):
        groups.setdefault(weights.get(page, _OTHER), []).append(page)
    return {weight: bytes(pages) for weight, pages in groups.items()}


_PAGES: Final = _by_weight()


def estimate_tokens(text: str) -> int:
    """The approximate number of tokens, rounded up."""
    return tokens_of(token_weight(text))


def tokens_of(weight: int) -> int:
    """The tokens of a sum of weights, rounded up."""
    return -(-weight // PER_TOKEN)


def token_weight(text: str) -> int:
    """The tokens of a text in units of 1 / PER_TOKEN: the weight of a whole is the sum of its parts' weights."""
    if text.isascii():
        return _ascii_weight(text.encode())
    plain = text.encode("ascii", "ignore")
    found = _ascii_weight(plain) - _LATIN * len(plain)  # which are counted again as characters of the first page
    rest = text.encode("utf-16-le", "surrogatepass")[1::2]
    for weight, pages in _PAGES.items():
        others = rest.translate(None, pages)
        found += weight * (len(rest) - len(others))
        if not others:
            break
        rest = others
    return found


def _ascii_weight(text: bytes) -> int:
    others = text.translate(None, _LETTERS)
    symbols = len(others.translate(None, _DIGITS))
    return _LETTER * (len(text) - len(others)) + _DIGIT * (len(others) - symbols) + _SYMBOL * symbols
