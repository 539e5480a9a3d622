"""Whether two quantities agree."""

from dataclasses import dataclass
from fractions import Fraction

from distillery.evaluation.graders.quantity import Quantity

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far an answer's quantity may be from the reference's.

    Attributes:
        tolerance: The distance allowed, in the scale in which the reference is written.
        relative: The distance allowed, as a share of the reference.
        significant: The fewest significant digits of an answer that may be the rounded reference; 0 if none may.
        bare: Whether a number without scale and percent takes the reference's.
    """

    tolerance: Fraction = Fraction(0)
    relative: Fraction = Fraction(0)
    significant: int = 0
    bare: bool = False

    def holds(self, answer: Quantity, reference: Quantity) -> bool:
        """Whether the answer's quantity is the reference's.

        A tolerance never makes one year equal to another. An answer with more decimals than the reference may round to
        it, if the reference has decimals and two significant digits.
        """
        if answer.currency and reference.currency and answer.currency != reference.currency:
            return False
        given, needed, scale = answer.value, reference.value, reference.scale or Fraction(1)
        if self.bare and answer.scale is None and given != needed:
            given = answer.number * scale
        if answer.dimension and reference.dimension:
            if answer.dimension != reference.dimension:
                return False
            given, needed, scale = given * answer.unit, needed * reference.unit, scale * reference.unit
        distance = abs(given - needed)
        if not distance:
            return True
        written = (answer.scale or scale) * (answer.unit if answer.dimension and reference.dimension else 1)
        if 0 < self.significant <= answer.digits and distance <= HALF * written / 10**answer.decimals:
            return True
        if reference.like_year:
            return False
        rounded = answer.decimals > reference.decimals > 0 and reference.digits > 1
        last_place = HALF * scale / 10**reference.decimals if rounded and answer.unit == reference.unit else Fraction(0)
        return distance <= max(self.tolerance * scale, self.relative * abs(needed), last_place)
