"""The bars that a student has to pass."""

from dataclasses import dataclass

from distillery.core.recipe import Recipe

ROUNDING = 1e-9
"""Scores are sums of floats: a bar is not failed by the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """name: the recipe's setting; needed, value: what it comes to, and what the student has."""

    name: str
    needed: float
    value: float
    meaning: str

    @property
    def passed(self) -> bool:
        return self.value >= self.needed - ROUNDING

    @property
    def reason(self) -> str:
        return f"{self.name}: the student has {self.value:.3f}, needed is {self.needed:.3f} ({self.meaning})"


def bars(recipe: Recipe, *, teacher: float, base: float, student: float) -> tuple[Bar, ...]:
    """Scores are 0 to 1."""
    share, gain = recipe.min_share_of_teacher, recipe.min_gain
    return (
        Bar(name="min_score", needed=recipe.min_score, value=student, meaning="the least score"),
        Bar(
            name="min_share_of_teacher",
            needed=share * teacher,
            value=student,
            meaning=f"{share:.2f} of the teacher's {teacher:.3f}",
        ),
        Bar(
            name="min_gain",
            needed=base + gain,
            value=student,
            meaning=f"{gain:.2f} above the untrained student's {base:.3f}",
        ),
    )
