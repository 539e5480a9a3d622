"""The quotations and figures of an answer, and whether its context has them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, pairwise

from distillery.evaluation.graders.agreement import Agreement
from distillery.evaluation.graders.quantity import DecimalMark, Quantity, quantities
from distillery.evaluation.graders.text import words

QUOTATIONS_MAX = 200
SAME = Agreement(bare=True)
_QUOTATION = re.compile(
    r"“([^“”]*)”|„([^„“”]*)[“”]|\"([^\"]*)\"|«([^«»]*)»|»([^«»]*)«|「([^「」]*)」|『([^『』]*)』|＂([^＂]*)＂"
    r"|^>[ \t]?(.*)$",
    re.MULTILINE,
)
_OMITTED = re.compile(r"\[?(?:…|\.{3})\]?|\[[^\[\]]{0,40}\]")
_NOT_COUNTED = re.compile(r"^[ \t]*(?:[0-9]{1,3}[.)](?=[ \t])|>)|\[[0-9]{1,3}(?:[,–-] ?[0-9]{1,3})*\]", re.MULTILINE)
"""Numbers of list items and of sources."""
_OPERATORS = {"+": "+", "-": "-", "−": "-", "–": "-", "*": "*", "×": "*", "x": "*", "·": "*", "/": "/", "÷": "/"}
_STEP = re.compile(r"\s*([-+−–*×x·/÷])\s*[(\s$€£¥]*")


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A text, its quotations, what is outside of them with blanks in their place, and all its figures."""

    text: str
    quotations: tuple[str, ...]
    own: str
    figures: tuple[Quantity, ...]


def parts_of(text: str, mark: DecimalMark) -> QuotedText:
    """The parts of an answer or a reference. Positions in `own` are those of the text."""
    quotations: list[str] = []
    own: list[str] = []
    end = 0
    for found in islice(_QUOTATION.finditer(text), QUOTATIONS_MAX + 1):
        quotation = next((group for group in found.groups() if group is not None), "")
        if words(quotation):
            quotations.append(quotation)
            own += (text[end : found.start()], " " * (found.end() - found.start()))
            end = found.end()
    return QuotedText(text, tuple(quotations), "".join((*own, text[end:])), counted(text, mark))


def counted(text: str, mark: DecimalMark) -> tuple[Quantity, ...]:
    """The quantities of a text, without the numbers of list items and sources."""
    return quantities(_NOT_COUNTED.sub(lambda found: " " * len(found[0]), text), mark)


@dataclass(frozen=True, slots=True)
class GroundingContext:
    """What a prompt contains."""

    text: str
    figures: dict[Fraction, list[Quantity]]

    def quotes(self, quotation: str) -> bool:
        """Whether the quotation stands in the context, but for omissions, letter case and punctuation."""
        pieces = [words(piece) for piece in _OMITTED.split(quotation)]
        return all(f" {' '.join(piece)} " in self.text for piece in pieces if piece)

    def counts(self, figure: Quantity) -> bool:
        """Whether the figure stands in the context, in any form."""
        near = self.figures.get(abs(figure.value * figure.unit), []) + self.figures.get(abs(figure.number), [])
        return any(
            SAME.holds(figure, other) or (abs(figure.number) == abs(other.number) and _alike(figure, other))
            for other in near
        )


def _alike(figure: Quantity, other: Quantity) -> bool:
    """Whether two figures of the same digits may be the same: no sign, scale, currency or unit contradicts."""
    return (
        (figure.scale is None or other.scale is None or figure.scale == other.scale)
        and (not figure.currency or not other.currency or figure.currency == other.currency)
        and (
            not figure.dimension
            or not other.dimension
            or (figure.dimension, figure.unit) == (other.dimension, other.unit)
        )
    )


@lru_cache(maxsize=16)
def context_of(texts: tuple[str, ...], mark: DecimalMark) -> GroundingContext:
    """The context that these texts are. Many questions share one, so the last ones are kept."""
    text = "\n".join(texts)
    figures: dict[Fraction, list[Quantity]] = defaultdict(list)
    pieces = (line[begin : begin + 2000] for line in text.splitlines() for begin in range(0, len(line), 2000))
    for piece in pieces:
        for quantity in quantities(piece, mark):
            for key in {abs(quantity.value * quantity.unit), abs(quantity.number)}:
                if len(figures[key]) < 50:
                    figures[key].append(quantity)
    return GroundingContext(f" {' '.join(words(text))} ", dict(figures))


def computed(figures: Sequence[Quantity], at: int, text: str, known: Sequence[bool]) -> bool:
    """Whether the answer declares how it computed a figure: `26 + 12 = 38`, of known figures and without a mistake."""
    before = text[figures[at - 1].end : figures[at].begin] if at else ""
    if not re.fullmatch(r"\s*[)\w]{0,12}\s*[=≈＝]\s*[$€£¥]?\s*", before):
        return False
    terms, operators, place = [figures[at - 1]], [], at - 1
    while place and (step := _STEP.match(text[figures[place - 1].end : figures[place].end])) and len(terms) < 50:
        if not known[place]:
            return False
        operators.append(_OPERATORS[step[1]])
        place -= 1
        terms.append(figures[place])
    if not operators or not known[place]:
        return False
    result = _result(
        [
            abs(term.value) if number < len(operators) and operators[number] == "-" else term.value
            for number, term in enumerate(terms)
        ][::-1],
        operators[::-1],
    )
    figure = figures[at]
    scale = figure.scale or Fraction(1)
    return result is not None and abs(result - figure.value) <= scale / (2 * 10**figure.decimals)


def results(figures: Sequence[Quantity], text: str) -> list[Quantity]:
    """The figures that are no operands of a computation."""
    operands = {
        at
        for at, (one, other) in enumerate(pairwise(figures))
        if _STEP.match(text[one.end : other.end]) or re.match(r"\s*[=≈]", text[one.end : other.begin])
    }
    return [figure for at, figure in enumerate(figures) if at not in operands]


def _result(values: list[Fraction], operators: list[str]) -> Fraction | None:
    """The value of the expression; products and quotients come first."""
    total, product, sign = Fraction(0), values[0], 1
    for operator, value in zip(operators, values[1:], strict=True):
        if operator == "*":
            product *= value
        elif operator == "/":
            if not value:
                return None
            product /= value
        else:
            total += sign * product
            product, sign = value, 1 if operator == "+" else -1
    return total + sign * product
