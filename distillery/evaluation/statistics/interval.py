"""What every test of the verdict returns."""

import math
from dataclasses import dataclass

ALPHA = 0.05
"""The error that each one-sided test allows. Two of its bounds make an interval of 90 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its two one-sided 95 % bounds, and the tests of one threshold that belong to them.

    Attributes:
        lower: The least value that the test does not reject from below; minus infinity where the data give none.
        upper: The largest value that the test does not reject from above; infinity where the data give none.
        p_above: The p-value of "the truth is the threshold or less": small where the threshold is exceeded.
        p_below: The p-value of "the truth is the threshold or more": small where it is missed.
        method: The name of the method, for a reader of the report.
    """

    estimate: float
    lower: float
    upper: float
    p_above: float
    p_below: float
    method: str

    def __post_init__(self) -> None:
        numbers = (self.estimate, self.lower, self.upper, self.p_above, self.p_below)
        if any(math.isnan(number) for number in numbers):
            raise ValueError(f"{self.method} gave NaN: {numbers}; an interval is made of numbers, report this as a bug")

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """(lower, upper); None where the data give none."""
        return (
            self.lower if math.isfinite(self.lower) else None,
            self.upper if math.isfinite(self.upper) else None,
        )

    def mirrored(self) -> "Interval":
        """The interval of the negative value."""
        return Interval(
            estimate=-self.estimate,
            lower=-self.upper,
            upper=-self.lower,
            p_above=self.p_below,
            p_below=self.p_above,
            method=self.method,
        )
