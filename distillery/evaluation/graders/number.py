"""Grades a figure, or a list of figures: the number that an answer gives is the reference's, or it is wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders import candidates
from distillery.evaluation.graders.agreement import Agreement
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.listing import grade_text, items, matched, scaled, written
from distillery.evaluation.graders.quantity import QUANTITIES_MAX, DecimalMark, Quantity, quantities
from distillery.evaluation.graders.signs import plain_signs
from distillery.evaluation.graders.text import normalised
from distillery.evaluation.graders.units import SMALL_NUMBERS

WORDS_BESIDE_MAX = 8
"""A reference with more words beside its number is prose, and its number may not be the answer."""
FALLS = (
    "decrease",
    "decreased",
    "decline",
    "declined",
    "fell",
    "fall",
    "drop",
    "dropped",
    "reduction",
    "down",
    "lower",
    "minus",
    "negative",
)
_NONE = "the answer has no number"


class Take(StrEnum):
    """Which number counts where none is marked."""

    FIRST = "first"
    LAST = "last"


class Order(StrEnum):
    """How the numbers of a list are compared."""

    GIVEN = "given"
    """In the reference's order. Lists of years or of words have none."""
    ANY = "any"


@dataclass(frozen=True, kw_only=True)
class Number:
    """Grades by the number that the answer gives: the marked one, else the last or the first. Several are wrong.

    A reference is a number with its unit (`$1,496.5 million`, `-19.93 percent`), a text that marks one (`A: 18`), or a
    list (`254,924; 239,310 thousand`), of which an answer must give each item. A reference without a number, or an
    item, is compared as text.
    """

    measure: ClassVar[str] = "accuracy"
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    take: Take = Take.LAST
    """Which number counts where none is marked: `last` for answers that reason first, `first` for those that do not."""
    marks: tuple[str, ...] = candidates.MARKS
    """Words that mark the answer behind them, in any letter case. An answer that marks two different numbers is
    wrong."""
    decimal_mark: DecimalMark = DecimalMark.AUTO
    """How `1.234` and `1,234` are read: `point`, `comma`, or `auto` for the usual English reading."""
    tolerance: Decimal = Decimal(0)
    """The distance allowed, in the scale in which the reference is written."""
    relative: Decimal = Decimal(0)
    """The distance allowed, as a share of the reference, such as `0.001`. It never makes one year equal to another."""
    significant_digits: int = 0
    """The fewest significant digits of an answer that may round the reference: with 3, `19.9 percent` is right for
    `19.93 percent`, and `20 percent` is not. With 0, no answer may round."""
    bare: bool = False
    """Whether a number without scale and percent takes the reference's: `1,496.5` for `$1,496.5 million`."""
    order: Order = Order.GIVEN
    """Whether the items of a list must stand in the reference's order: `given` or `any`."""
    separator: str = ";"
    """The separator between the items of a reference that is a list; empty if no reference is one."""
    falls: tuple[str, ...] = FALLS
    """Words that make a number negative where the reference is: `a decrease of 12.6`."""

    def __post_init__(self) -> None:
        for name in ("tolerance", "relative"):
            value = getattr(self, name)
            if not (value.is_finite() and 0 <= value <= (1 if name == "relative" else Decimal("1e30"))):
                raise BadRequest(
                    f"{name} of the grader number is {value}; it must be a number from 0"
                    f"{' to 1' if name == 'relative' else ''}; set 0 for exact numbers"
                )
        if any(not mark.strip() for mark in self.marks) or any(not word.strip() for word in self.falls):
            raise BadRequest(
                "marks of the grader number contain a blank one; each must have a visible character; remove it"
            )
        if not 0 <= self.significant_digits <= 30:
            raise BadRequest(
                f"significant_digits of the grader number is {self.significant_digits}; it must be from 0 to 30; "
                "set 3 to accept rounded answers, 0 to accept none"
            )

    @cached_property
    def _agreement(self) -> Agreement:
        return Agreement(
            tolerance=Fraction(self.tolerance),
            relative=Fraction(self.relative),
            significant=self.significant_digits,
            bare=self.bare,
        )

    def misfit(self, reference: str, prompt: Prompt) -> str:
        """Why the reference is compared as text, if it is."""
        if self._needed(plain_signs(reference)):
            return ""
        several = bool(quantities(reference, self.decimal_mark))
        return "has several numbers and marks none" if several else "has no number"

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        """Right if the answer gives the number of the reference and no other."""
        if normalised(answer) == normalised(reference):
            return Grade(score=RIGHT)
        if not answer.strip():
            return Grade(score=WRONG, reason="the answer is empty")
        text, needed = plain_signs(answer), self._needed(plain_signs(reference))
        if not needed:
            given = candidates.marked(text, self.marks)[-1:] or [text]
            return grade_text(given[0], plain_signs(reference), self.separator)
        segments = candidates.marked(text, self.marks) or [text]
        faults = [self._fault(segment, needed, whole=segment is text) for segment in segments]
        faults = [fault for fault in faults if fault != _NONE] or [_NONE]
        if all(not fault for fault in faults):
            return Grade(score=RIGHT)
        if not all(faults):
            return Grade(score=WRONG, reason="the answer marks several different numbers")
        return Grade(score=WRONG, reason=f"{faults[-1]}; needed is {quoted(reference)}")

    def _needed(self, reference: str) -> tuple[Quantity, ...]:
        """The numbers of a reference, empty if it is to be compared as text."""
        if segments := candidates.marked(reference, self.marks):
            found = candidates.choices(quantities(segments[-1], self.decimal_mark), segments[-1], first=True)
            return found if len(found) == 1 else ()
        parts = items(reference, self.separator)
        found = tuple(each for item in parts if (each := self._alone(item)))
        return scaled(found) if len(found) == len(parts) else ()

    def _alone(self, item: str) -> Quantity | None:
        """The number of an item that has one, and few words beside it."""
        found = quantities(item, self.decimal_mark)
        if len(found) != 1:
            return None
        beside = re.findall(r"[^\W\d_]+", item[: found[0].begin] + " " + item[found[0].end :])
        return found[0] if len(beside) <= WORDS_BESIDE_MAX else None

    def _fault(self, text: str, needed: Sequence[Quantity], *, whole: bool) -> str:
        """What is wrong with the numbers of a text; empty if nothing is."""
        if whole and self.take == Take.FIRST:
            opening = candidates.first_sentence(text)
            text = candidates.result(opening if quantities(opening, self.decimal_mark) else text)
        elif not whole and len(needed) == 1:
            text = candidates.result(text)
        found = quantities(text, self.decimal_mark)
        if len(found) >= QUANTITIES_MAX:
            return f"the answer has {QUANTITIES_MAX:,} numbers or more"
        if not found:
            return self._in_words(text, needed)
        if all(each.year for each in needed):
            found = tuple(each for each in found if each.year) or found
        else:
            found = candidates.without_dates(found, text)
        if len(needed) > 1:
            return self._fault_of_list(scaled(found), needed, text)
        first = candidates.leads(found, text) if not whole else self.take == Take.FIRST
        offered = candidates.choices(found, text, first=first)
        if len({(each.value, each.dimension and each.unit) for each in offered}) > 1:
            return f"the answer gives {len(offered)} numbers: {written(offered, text)}"
        return "" if self._agrees(offered[-1], needed[0], text) else f"the answer is {written(offered[-1:], text)}"

    def _fault_of_list(self, found: Sequence[Quantity], needed: Sequence[Quantity], text: str) -> str:
        if len(found) != len(needed):
            return f"the answer gives {len(found)} numbers, {len(needed)} are needed: {written(found, text)}"
        pairs = list(zip(found, needed, strict=True))
        if self.order == Order.ANY or all(each.year for each in needed):
            pairs = matched(found, needed, self._agreement)
        wrong = [given for given, due in pairs if not self._agrees(given, due, text)]
        return f"{len(wrong)} of {len(needed)} numbers are wrong: {written(wrong, text)}" if wrong else ""

    def _agrees(self, given: Quantity, needed: Quantity, text: str) -> bool:
        if candidates.denied(given, text):
            return False
        if self._agreement.holds(given, needed):
            return True
        before = set(
            re.findall(
                r"[^\W\d_]+",
                (text[max(0, given.begin - 200) : given.begin] + text[given.end : given.end + 12]).casefold(),
            )
        )
        falls = needed.number < 0 < given.number and not before.isdisjoint(self.falls)
        return falls and self._agreement.holds(replace(given, number=-given.number), needed)

    def _in_words(self, text: str, needed: Sequence[Quantity]) -> str:
        """Small English numbers in words, if an answer has none in digits."""
        words = [word for word in re.findall(r"[^\W\d_]+", text[:1000].casefold()) if word in SMALL_NUMBERS]
        if not words:
            return _NONE
        right = len(needed) == len(set(words)) == 1 and needed[0].value == SMALL_NUMBERS[words[0]]
        return "" if right else f"the answer is {quoted(' '.join(words))}"
