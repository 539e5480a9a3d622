"""How curation takes texts apart: words, symbols, numbers, segments, and shingles as numbers.

Words are for comparing how alike two texts are. Symbols and numbers are for telling texts apart that have the same
words: `7 + 2` and `7 - 2`, C and C++.
"""

import re
import statistics
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from distillery.core.conversation import Prompt, distinct_non_ascii

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Kana, CJK ideographs and Thai are matched one character at a time: these scripts put no spaces between words.
_SINGLE = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SINGLE_CHARACTER = re.compile(f"[{_SINGLE}]")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?:(?<![\w.])\.)?\d+(?:[.,:/'’\u00a0\u202f]\d+)*")
# The end of a sentence, of a line, or of a label such as `Question:`. A run of full stops is looked at once: a
# pattern that backtracks takes seconds for 16 KB of them.
_SEGMENT_END = re.compile(
    r"[.!?:;\n。！？।؟：；](?:(?<=[\n。！？।؟：；])|(?<![.!?:;]{2})[.!?:;]*(?=[\s。！？।؟：；]|$))"
)
_PROSE = ".,;:!?\"'`´“”‘’‚„«»‹›…()¿¡。，、；：！？「」『』（）《》〈〉·।؟،؛–—"
"""Punctuation of prose, which makes no difference between prompts. Every other symbol does."""
_IN_FORMULA = re.compile(
    rf"(?<=[^\W{_SINGLE}])[.:](?=[^\W{_SINGLE}])|(?<=\d)[,;?](?=[^\W_])|(?<=[^\W_])[,;?](?=\d)"
    r"|(?<=\b[^\W_])[,;](?=[^\W_]\b)|(?<=[\d)\]])!|\b[a-z]!|\b[a-z]['’′″]+(?=\()"
)
"""Punctuation that decides because no white space is beside it: `5!`, `a:b`, `x.y`, `f'(x)`."""
_DASH = re.compile(r"[–—−](?:(?<=\d.)(?=\d)|(?<=\d(\s).)(?=\1\d))")
_FORMULA_SIGN = re.compile("[.:,;?!'’′″]")
_WIDE = re.compile(
    "[\u3000\uff04-\uff06\uff0a\uff0b\uff0d\uff0f-\uff19\uff1c-\uff1e\uff20-\uff5a\uff5c\uff5e\uff65-\uffdc]+"
)
"""Full-width letters, digits and signs, and half-width kana, without punctuation."""
_OPENING = "".join(set(_PROSE) - set("!.:"))
"""What may stand before a symbol without being part of it, unlike the first character of `!=`."""
_FORMULA = re.compile(r"[+*^=×÷−]|[\d)]\s*[-/]|[-/]\s*[\d(]")
"""Where brackets decide, as in `2 * (3 + 4)`. In prose they make no difference."""
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Soft hyphens, zero-width spaces and marks of direction: nobody sees them."""
_HYPHEN = re.compile(r"[-\u2010\u2011](?<=[^\W\d_].)(?=[^\W\d_])")
LANGUAGE_SAMPLE = 1_000
"""Characters from which a text's language is identified. More characters cost time and do not improve the result."""
MIN_LANGUAGE_PROBABILITY = 0.9
"""Below it the language counts as undetermined, as for a text of numbers."""

Ids = NDArray[np.uint32]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Lengths of texts in characters: minimum, median, 95th percentile and maximum."""

    shortest: int
    p50: int
    p95: int
    longest: int


class Shingles(NamedTuple):
    """ids: the distinct shingles, ascending. counts: how often each occurs."""

    ids: Ids
    counts: NDArray[np.int64]


def normalize(text: str) -> str:
    """Returns the text in lower case, in Unicode's form C, without invisible characters and full-width letters.

    Other compatibility characters stay: `10²` is not `102`.
    """
    if text.isascii():
        return text.lower()
    if not _wide_and_invisible().isdisjoint(distinct_non_ascii(text)):
        text = _WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide[0]), _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text).lower()


def words(text: str) -> list[str]:
    """Splits a text into words. Numbers are words, and combining vowels are part of theirs; symbols are dropped."""
    normalized = normalize(text)
    return word_pattern(normalized).findall(normalized)


def word_pattern(normalized: str) -> re.Pattern[str]:
    """Returns the pattern of a word in a text, or in a part of it. Where it does, the plain one is several times as
    fast."""
    return _WORD if _marks_and_singles().isdisjoint(distinct_non_ascii(normalized)) else _word_of_any_script()


def symbols(text: str) -> tuple[str, ...]:
    """Returns the symbols of a text in their order: operators, signs, brackets, emoji, but no punctuation of prose.

    Punctuation within a formula comes after them.
    """
    plain = _DASH.sub("-", _HYPHEN.sub(" ", normalize(text)))
    brackets = "()" if "(" in plain and _FORMULA.search(plain) else ""
    after, before = (characters.translate(dict.fromkeys(map(ord, brackets))) for characters in (_PROSE, _OPENING))
    runs = _symbol_pattern().findall(plain)
    found = [stripped for run in runs if (stripped := run.rstrip(after).lstrip(before))]
    return (*found, *_in_formulas(plain))


def _in_formulas(plain: str) -> Iterator[str]:
    """Yields what `_IN_FORMULA` finds. It matches at a sign, or at a letter before one: to try no other position takes
    a tenth of the time."""
    stop = 0
    for sign in _FORMULA_SIGN.finditer(plain):
        for start in (sign.start() - 1, sign.start()):
            if start >= stop and (found := _IN_FORMULA.match(plain, start)):
                stop = found.end()
                yield found[0]


def numbers(text: str) -> Iterator[str]:
    """Yields the numbers of a text in their order, in any script's digits."""
    return (found[0] for found in _NUMBER.finditer(text))


def segments(text: str) -> list[str]:
    """Splits a text into sentences, lines and labels, in lower case and without their ends."""
    return [stripped for part in _SEGMENT_END.split(normalize(text)) if (stripped := part.strip())]


def is_single(word: str) -> bool:
    """Whether a word is one character of a script without spaces."""
    return _SINGLE_CHARACTER.fullmatch(word) is not None


def prompt_text(prompt: Prompt) -> str:
    """Returns the text of the conversation, by which prompts are compared."""
    return "\n".join(text for _, text in prompt.messages)


@cache
def _wide_and_invisible() -> frozenset[str]:
    return frozenset(
        each for each in map(chr, chain([0xAD], range(0x2000, 0x10000))) if _WIDE.match(each) or _INVISIBLE.match(each)
    )


@cache
def _marks_and_singles() -> frozenset[str]:
    """Returns the characters that `_WORD` gets wrong."""
    special = re.compile(f"[{_SINGLE}{_marks()}]")
    return frozenset(filter(special.match, map(chr, chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0)))))


@cache
def _word_of_any_script() -> re.Pattern[str]:
    return re.compile(f"[{_SINGLE}]|(?:[^\\W{_SINGLE}]|[{_marks()}])+")


@cache
def _symbol_pattern() -> re.Pattern[str]:
    return re.compile(f"[^\\w\\s{_marks()}{_SINGLE}]+")


@cache
def _marks() -> str:
    """Returns the combining marks, such as Indic and Arabic vowels, as ranges of a character class. Python's `\\w` does
    not contain them."""
    runs: list[tuple[int, int]] = []
    for code in chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0)):  # the planes that have any
        if unicodedata.category(chr(code)).startswith("M"):
            adjacent = bool(runs) and runs[-1][1] == code - 1
            runs[-1:] = [(runs[-1][0], code)] if adjacent else [*runs[-1:], (code, code)]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


class Vocabulary:
    """Turns texts into numbered shingles. The same texts in the same order always get the same numbers."""

    def __init__(self) -> None:
        numbers = count(1)
        self._words: defaultdict[str, int] = defaultdict(numbers.__next__)

    def numbers(self, found: Sequence[str]) -> Ids:
        """Returns the numbers of words."""
        return np.fromiter(map(self._words.__getitem__, found), dtype=np.uint32, count=len(found))

    def shingles(self, text: str) -> Shingles:
        """Returns the shingles of a text, and how often each occurs."""
        return Shingles(*np.unique(_hashed(self.numbers(words(text))), return_counts=True))


def shingle_ids(of_words: Ids) -> Ids:
    """Returns the distinct shingles of numbered words, ascending."""
    return distinct(_hashed(of_words))


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """Returns the distinct numbers, ascending. `numpy.unique` takes several times as long for a few thousand."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def repeated(found: Iterable[NDArray[np.int64]]) -> Iterator[tuple[int, int]]:
    """Yields the numbers that several of these arrays of distinct numbers have, and how many have them."""
    numbers, counts = np.unique(np.concatenate([np.empty(0, np.int64), *found]), return_counts=True)
    several = counts > 1
    yield from zip(map(int, numbers[several]), map(int, counts[several]), strict=True)


def checksum(text: str) -> int:
    """Returns a checksum and the length. The same in every process, unlike Python's hash."""
    encoded = text.encode(errors="surrogatepass")
    return zlib.crc32(encoded) << 16 | len(encoded) & 0xFFFF


def _hashed(of_words: Ids) -> Ids:
    """Returns the words and adjacent pairs as 32-bit numbers (multiplicative hashing)."""
    numbers = of_words.astype(np.uint64)
    single = numbers * _ODD
    pairs = (single[:-1] ^ (numbers[1:] + _GOLDEN)) * _GOLDEN
    return (np.concatenate((single, pairs)) >> np.uint64(32)).astype(np.uint32)


_ODD, _GOLDEN = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd multipliers of 64 bits: that of Fibonacci hashing (Knuth, vol. 3, 6.4), and the second prime of xxHash."""


def measure_lengths(texts: Sequence[str]) -> Lengths:
    """Measures at least one text."""
    found = sorted(map(len, texts))
    cuts = statistics.quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
    return Lengths(shortest=found[0], p50=round(statistics.median(found)), p95=round(cuts[18]), longest=found[-1])


def count_languages(texts: Sequence[str]) -> Counter[str]:
    """Counts texts by language: an ISO 639-1 code (py3langid), or `und` where the language is undetermined."""
    return Counter(str(_language_identifier().classify(text[:LANGUAGE_SAMPLE])[0]) for text in texts)


@cache
def _language_identifier() -> "LanguageIdentifier":
    """Cached, because loading the model takes longer than classifying a thousand texts."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # not in every layer that compares texts

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=MIN_LANGUAGE_PROBABILITY)
