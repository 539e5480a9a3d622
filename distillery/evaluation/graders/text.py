"""Normalises and splits text for graders: the same text, typed differently, becomes equal, and nothing else does.

Letter case, white space, Unicode forms, full and half width, typographic quotes and dashes, decimal digits of other
scripts and invisible format characters make no difference. Symbols, punctuation and combining marks count, so that C,
C++ and C# differ, and so do Hindi words with different vowels. Superscripts and fractions stay: 10² is not 102.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

LONGEST_RUN = 30
"""The number of combining marks after which a run of them is broken, as UAX #15 (Stream-Safe Text Format) does it.
Python sorts the marks of a run in quadratic time."""
_BREAK = "\u034f"
LONGEST_LIGATURE = 8
"""Letters that one character may stand for. Two Arabic formulas have more, and would make a text 18 times as long."""

_KEPT = ("<super>", "<sub>", "<fraction>", "<circle>")
"""Compatibility decompositions that would change the meaning beside other characters."""
_TYPED = {
    **dict.fromkeys("‘’‚‛ʼ´", "'"),
    **dict.fromkeys("“”„‟", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys(
        "\u00ad\u0640\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff",
        "",
    ),
}
"""Typography, and what is not seen: soft hyphens, the Arabic tatweel, bidi controls, the presentation of emoji."""


_CHARACTERS = 5000
"""About as many different characters are looked up once, and not at each place in a text."""


class _Plain(dict[int, str]):
    """What `str.translate` writes for each character."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(self) < _CHARACTERS:
            self[code] = plain
        return plain


def _plain(char: str) -> str:
    if char in _TYPED:
        return _TYPED[char]
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    tag, *codes = unicodedata.decomposition(char).split() or [""]
    if not tag.startswith("<") or tag in _KEPT or len(codes) > LONGEST_LIGATURE or (codes[0] == "0020" and codes[1:]):
        return char
    return "".join(_plain(chr(int(code, 16))) for code in codes)


_PLAIN = _Plain()


def composed(text: str) -> str:
    """The text in Unicode form NFC, in linear time whatever it contains."""
    return text if text.isascii() else unicodedata.normalize("NFC", _with_bounded_runs(text))


def plain(text: str) -> str:
    """The text without differences in white space, Unicode form and typography. Letter case stays."""
    if not text.isascii():
        text = composed(text.translate(_PLAIN))
    return " ".join(text.split())


def normalised(text: str) -> str:
    """The text without differences in letter case, white space, Unicode form and typography."""
    text = plain(text)
    if not text.isascii():
        text = plain(composed(unicodedata.normalize("NFD", text).casefold()))
    return text.casefold()


def _with_bounded_runs(text: str) -> str:
    marks = "".join(re.escape(char) for char in sorted(set(text)) if unicodedata.combining(char))
    if not marks or not re.search(f"[{marks}]{{{LONGEST_RUN // 2 - 1},}}", text):  # a character has two marks, or three
        return text
    parts: list[str] = []
    run = 0
    for char in text:
        if char < "\u00c0":
            run = 0
            parts.append(char)
            continue
        combines, added = _marks(char)
        run = run + added if combines else added
        if combines and run > LONGEST_RUN:
            parts.append(_BREAK)
            run = added
        parts.append(char)
    return "".join(parts)


@lru_cache(maxsize=_CHARACTERS)
def _marks(char: str) -> tuple[bool, int]:
    """Whether the character is a mark, and how many marks it stands for."""
    whole = unicodedata.normalize("NFD", char)
    if unicodedata.combining(char):
        return True, len(whole)
    return False, sum(unicodedata.combining(part) != 0 for part in whole)


_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua980-\ua9ff\uaa60-\uaaff"  # South East Asia
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U0001aff0-\U0001b16f\U00020000-\U000323af]"  # Han, kana, bopomofo
)
"""Scripts that write no space between words: Han, kana, bopomofo, Thai, Lao, Khmer, Burmese, Tai Lue, Javanese."""

_SYMBOLS = "%&@‰§"
"""Punctuation, by category, that has a meaning of its own."""
_SEPARATORS = "|"
"""Symbols, by category, that only separate, as in Markdown tables."""
_SEGMENT = re.compile(
    r"(?P<unspaced>(?:UM*)+)"
    r"|(?:(?<![A9MU-])-(?=9)|(?<![A9MU.])\.(?=[A9]))?"  # a sign; .5 and .NET
    r"[A9M]+(?:(?:[._'](?=[A9])|(?<=9),(?=9))[A9M]+)*"  # 1,000.5 and it's and example.com
    r"(?:[+#]+(?![A9MU+#]))?"  # C++ and C#
    r"|SM*|\+|#(?=[A9MU])"
)
"""A word, a run without spaces or a symbol, in the classes of the characters (`_class`)."""


def words(text: str) -> list[str]:
    """The words of the normalised text, and its symbols one by one. In a script without spaces, each character."""
    return [word for run in _runs(text) for word in run]


def terms(text: str) -> list[str]:
    """The same, but in a script without spaces each pair of neighbours: single characters are shared by chance."""
    return [
        term
        for run in _runs(text)
        for term in (run if len(run) == 1 else (left + right for left, right in pairwise(run)))
    ]


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Each word or symbol alone, and the characters of a run without spaces together."""
    text = normalised(text)
    classes = "".join(map(_class, text))
    for found in _SEGMENT.finditer(classes):
        if not found["unspaced"]:
            yield (text[slice(*found.span())],)
            continue
        starts = [i for i in range(*found.span()) if classes[i] == "U"]
        yield tuple(text[start:end] for start, end in zip(starts, [*starts[1:], found.end()], strict=True))


@lru_cache(maxsize=_CHARACTERS)
def _class(char: str) -> str:
    """A letter (A), one of a script without spaces (U), a digit (9), a mark (M), a symbol (S), itself, or a space."""
    if char in "-.,'_+#":
        return char
    category = unicodedata.category(char)
    if category[0] == "M" or char in "\u200c\u200d":
        return "M"
    if category[0] == "N":
        return "9" if not _UNSPACED.match(char) else "U"
    if category[0] == "L":
        return "A" if not _UNSPACED.match(char) else "U"
    symbol = category[0] == "S" and category != "Sk" and char not in _SEPARATORS
    return "S" if symbol or char in _SYMBOLS else " "
