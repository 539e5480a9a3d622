"""Reads what follows a number: scale words, percent, a currency, a unit of measure."""

import re
from dataclasses import dataclass
from fractions import Fraction

from distillery.evaluation.graders import units

WORDS_MAX = 4
LONGEST_UNSPACED = 6
_WORD = re.compile(r"( {0,2}-?\\?)([^\s\d.,;:!?()\[\]{}|/+*=<>\"'&^~_%‰$€£¥₹₩₽-]{1,24}|[%‰$€£¥₹₩₽])")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts in which a word may follow another without a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffix:
    """What follows a number, and where that ends.

    Attributes:
        scale: The factor of scale words and percent; None if there are none.
        dimension: What its unit measures, such as `time`; empty if there is none that is known.
        unit: How many base units its unit is.
    """

    end: int
    scale: Fraction | None = None
    percent: bool = False
    currency: str = ""
    dimension: str = ""
    unit: Fraction = Fraction(1)

    def joined(self, other: "Suffix") -> "Suffix":
        """This one, continued by another."""
        return Suffix(
            end=other.end,
            scale=other.scale if self.scale is None else self.scale * (1 if other.scale is None else other.scale),
            percent=self.percent or other.percent,
            currency=self.currency or other.currency,
            dimension=self.dimension or other.dimension,
            unit=self.unit * other.unit,
        )


def suffix(text: str, begin: int, *, money: bool) -> Suffix:
    """What follows a number that ends at `begin`."""
    read, last = Suffix(end=begin), ""
    for _ in range(WORDS_MAX):
        found = _WORD.match(text, read.end)
        if not found:
            break
        attached = read.end == begin and not found[1]
        word, one = _known(found, text, attached=attached, money=money or bool(read.currency))
        if one is None or (one.dimension and read.dimension) or (one.percent and read.percent):
            break
        if one.scale is not None and word == last:  # "million million" is a slip of the pen
            one = Suffix(end=one.end)
        read, last = read.joined(one), word
        if read.dimension or read.percent:
            break
    return read


def _known(found: re.Match[str], text: str, *, attached: bool, money: bool) -> tuple[str, Suffix | None]:
    """The longest known word at a place, and what it says; None if the word is unknown."""
    begin, word = found.start(2), found[2]
    for phrase, factor in units.PERCENT_PHRASES.items():
        if text[begin : begin + len(phrase)].casefold() == phrase:
            return phrase, Suffix(end=begin + len(phrase), scale=factor, percent=True)
    lengths = range(min(len(word), LONGEST_UNSPACED), 0, -1) if _UNSPACED.search(word) else (len(word),)
    for length in lengths:
        part = word[:length]
        end = begin + length
        dotted = end + 1 if text[end : end + 1] == "." and part.casefold() in _DOTTED else end
        if one := _meaning(part, dotted, attached=attached, money=money):
            return part.casefold(), one
    return word, None


_DOTTED = frozenset({"mio", "mrd", "tsd", "mln", "bn", "mn", "тыс", "руб", "hrs", "min", "sec"})


def _meaning(word: str, end: int, *, attached: bool, money: bool) -> Suffix | None:
    folded = word.casefold()
    if (factor := units.PERCENT.get(folded)) is not None:
        return Suffix(end=end, scale=factor, percent=True)
    if (factor := units.scale(word, attached=attached, money=money)) is not None:
        return Suffix(end=end, scale=factor)
    if currency := units.CURRENCIES.get(folded):
        return Suffix(end=end, currency=currency)
    if unit := units.UNITS.get(folded):
        return Suffix(end=end, dimension=unit[0], unit=unit[1])
    return None
