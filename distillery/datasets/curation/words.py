"""A text as words: what two prompts are compared by.

Letter case, Unicode form and punctuation make no difference; numbers do, for "what is 3 + 4" is not "what is 5 + 9".
Scripts without spaces are taken character by character.
"""

import re
import unicodedata
from itertools import pairwise

# Kana, CJK ideographs and Thai stand for themselves, for no space tells their words apart.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+")


def words(text: str) -> list[str]:
    """In their order, folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded)


def shingles(text: str) -> list[str]:
    """The words, and each pair of neighbours."""
    found = words(text)
    return [*found, *map(" ".join, pairwise(found))]
