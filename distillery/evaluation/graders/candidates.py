"""Finds the number that an answer gives: the marked one, else the first or the last, and whether it gives several."""

import re
from collections.abc import Sequence
from itertools import pairwise

from distillery.evaluation.graders.quantity import Quantity
from distillery.evaluation.graders.signs import plain_signs

MARKS = (
    "####",
    "\\boxed{",
    "A:",
    "answer:",
    "the answer is",
    "result:",
    "antwort:",
    "réponse:",
    "respuesta:",
    "resposta:",
    "risposta:",
    "ответ:",
    "答案:",
    "答案是",
    "答え:",
    "정답:",
    "الجواب:",
    "الإجابة:",
    "उत्तर:",
)
"""Words that mark the answer behind them."""

_OR = r"(?:\b(?:or|oder|ou|o|u|или|либо)\b|或者?|または|또는|أو|या)"
_ALSO = r"(?:\b(?:and|und|et|y|e|и|to|bis|through)\b|和|と|و)"
_HEDGE = r"(?:(?:either|maybe|perhaps|possibly|even|about|around|approximately|vielleicht|peut-être|也许)\s*,?\s*)*"
_OPEN = r"[\s$€£¥(\[{*\"'~≈#-]*"
_NEXT = re.compile(
    rf"[\s.\])}}*\"']*(?:(?:[^\W\d]+\s*){{0,3}}[\s,;(]*{_OR}[\s,]*{_HEDGE}{_OPEN}"
    rf"|[\s,;/|&•·]*(?:{_ALSO}\s*)?{_HEDGE}[\s$€£¥*\"'~≈#-]*)",
    re.IGNORECASE,
)
"""Text between two numbers that an answer both offers. A number in parentheses explains, unless "or" precedes it."""
_NOT = re.compile(
    r"(?:\bnot|n't|\bnicht|\bpas|\bne|не|不是|ليس)(?:\s+(?:just|simply|equal|to))*[\s$€£:*]*$", re.IGNORECASE
)
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|for|during|since|than|fy|fiscal|year|years|ended|ending|im|jahr|en|à|в|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?|[0-9],)\s*[(\[]?$",
    re.IGNORECASE,
)
_BETWEEN_YEARS = re.compile(
    r"\s*(?:,|and|und|et|to|or|from|over|vs\.?|compared (?:to|with)|against|-|/|,\s*and)\s*", re.IGNORECASE
)
_YEAR_BEHIND = re.compile(r"\s*(?:年|년|г\.|года?)")
_LEAD = re.compile(
    r"[\s*_$€£¥~≈(\[{#\"':-]*(?:(?:about|approximately|around|exactly|is|was|ca\.|etwa|environ|约)\s*)?[\s$€£¥(]*$",
    re.IGNORECASE,
)
_COMPUTATION = re.compile(r"[0-9)%] ?[-+*/×x÷·] ?[$€£¥(]*[0-9]")
_SENTENCE = re.compile(r"[!?。؟।](?:\s|$)|(?<=[^\W\d_]{3})\.\s|(?<=[0-9)%])\.\s+(?=[^\W\d_])|\n")


MARKED_MAX, SEGMENT_MAX = 50, 2000
"""Marks, the last ones, and characters behind each that are read."""


def marked(text: str, marks: Sequence[str]) -> list[str]:
    """The text behind each mark, to the end of the line or the next mark; if the mark ends its line, the next line."""
    if not marks:
        return []
    pattern = "|".join(
        ("" if not mark[0].isalpha() else r"(?<![^\W_])")
        + re.escape(mark).replace(r":", r"\**\s?:").replace(r"\ ", r"\s+")
        for mark in sorted((plain_signs(mark) for mark in marks), key=len, reverse=True)
    )
    places = list(re.finditer(pattern, text, re.IGNORECASE))[-MARKED_MAX:]
    ends = [*(found.start() for found in places[1:]), len(text)]
    segments: list[str] = []
    for found, end in zip(places, ends, strict=False):
        segment = text[found.end() : min(end, found.end() + SEGMENT_MAX)].lstrip(" \t\r\n:*")
        segments.append(segment.partition("\n")[0])
    return segments


def first_sentence(text: str) -> str:
    """The first sentence that is not blank."""
    text = text.lstrip()
    end = _SENTENCE.search(text)
    return text[: end.start()] if end else text


def result(text: str) -> str:
    """The side of the last equals sign that is the result: the one without a computation, or the right one."""
    left, _, right = text.rpartition("=")
    if not left or not re.search("[0-9]", right):
        return text
    return left if _COMPUTATION.search(right) and not _COMPUTATION.search(left) else right


def without_dates(found: Sequence[Quantity], text: str) -> tuple[Quantity, ...]:
    """The quantities that are not years of a date or period, such as `in 2019`; all, if no other is left."""
    dated: set[int] = set()
    for at, quantity in enumerate(found):
        if not quantity.year:
            continue
        before = text[max(0, quantity.begin - 20) : quantity.begin]
        linked = at and at - 1 in dated and _BETWEEN_YEARS.fullmatch(text[found[at - 1].end : quantity.begin])
        if linked or _YEAR_BEFORE.search(before) or _YEAR_BEHIND.match(text, quantity.end):
            dated.add(at)
    for at, (one, other) in enumerate(pairwise(found)):
        between = text[one.end : other.begin]
        if (
            one.year
            and other.year
            and re.search(r"\b(?:from|between)\s*$", text[max(0, one.begin - 12) : one.begin])
            and len(between) < 8
        ):
            dated |= {at, at + 1}
    kept = tuple(quantity for at, quantity in enumerate(found) if at not in dated)
    return kept or tuple(found)


def choices(found: Sequence[Quantity], text: str, *, first: bool) -> tuple[Quantity, ...]:
    """The first or the last quantity, with those that the text offers beside it: `18 or 20`."""
    if not found:
        return ()
    linked = [
        other.begin - one.end < 60 and bool(_NEXT.fullmatch(text[one.end : other.begin]))
        for one, other in pairwise(found)
    ]
    if first:
        count = next((at for at, link in enumerate(linked) if not link), len(linked)) + 1
        return tuple(found[:count])
    count = next((at for at, link in enumerate(reversed(linked)) if not link), len(linked)) + 1
    return tuple(found[-count:])


def leads(found: Sequence[Quantity], text: str) -> bool:
    """Whether the text begins with its first quantity."""
    return bool(found) and found[0].begin < 60 and bool(_LEAD.match(text[: found[0].begin]))


def denied(quantity: Quantity, text: str) -> bool:
    """Whether the text says that this is not the answer."""
    return bool(_NOT.search(text[max(0, quantity.begin - 20) : quantity.begin]))
