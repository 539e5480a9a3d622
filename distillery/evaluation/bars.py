"""The bars of a verdict: what a recipe demands of the candidate. Each is a one-sided test."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from distillery.core.errors import BadRequest
from distillery.core.recipe import Recipe
from distillery.evaluation.contestants import BASE, LIVE, STUDENT, TEACHER


class Kind(StrEnum):
    """What a bar is about."""

    SCORE = "score"
    DIFFERENCE = "difference"
    LATENCY = "latency"
    COST = "cost"


AT_MOST = frozenset({Kind.LATENCY, Kind.COST})
"""Kinds whose bars are upper limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A one-sided test of one role.

    Attributes:
        name: The recipe's setting.
        needed: The score, the difference of scores (negative for a margin), the milliseconds or the US dollars per
            1,000 prompts that are needed. Latency and cost must not exceed it; scores and differences must reach it.
        role: Whose bar it is.
        against: With whom a difference compares; otherwise empty.
        golden: Whether it is about the golden set, and not about the held-out prompts.
        census: Whether the measured score itself decides, because the prompts are all there are and not a sample.
    """

    name: str
    kind: Kind
    needed: Decimal
    role: str = STUDENT
    against: str = ""
    golden: bool = False
    census: bool = False

    def __post_init__(self) -> None:
        low, high = {Kind.SCORE: (0, 1), Kind.DIFFERENCE: (-1, 1)}.get(self.kind, (0, Decimal("Infinity")))
        if not (self.needed.is_finite() and low <= self.needed <= high):
            raise BadRequest(
                f"{self.name} needs {self.needed}; a number from {low} to {high} is allowed; change the bar"
            )
        if (self.kind is Kind.DIFFERENCE) != bool(self.against):
            raise BadRequest(
                f"{self.name} compares with {self.against!r}; a difference names one role to compare with, "
                "other bars none; change the bar"
            )

    @property
    def at_most(self) -> bool:
        """Whether the bar is an upper limit."""
        return self.kind in AT_MOST


def min_score(score: Decimal) -> Bar:
    """The candidate's least score."""
    return Bar(name="min_score", kind=Kind.SCORE, needed=score)


def floor(role: str, score: Decimal) -> Bar:
    """The least score of a baseline, such as the teacher: below it, a comparison with it proves nothing."""
    return Bar(name=f"min_{role}_score", kind=Kind.SCORE, needed=score, role=role)


def teacher_margin(margin: Decimal) -> Bar:
    """Not worse than the teacher by more than the margin."""
    return Bar(name="teacher_margin", kind=Kind.DIFFERENCE, needed=-margin, against=TEACHER)


def live_margin(margin: Decimal) -> Bar:
    """Not worse than the live model by more than the margin."""
    return Bar(name="live_margin", kind=Kind.DIFFERENCE, needed=-margin, against=LIVE)


def min_gain(gain: Decimal) -> Bar:
    """Better than the untrained student by at least the gain."""
    return Bar(name="min_gain", kind=Kind.DIFFERENCE, needed=gain, against=BASE)


def max_latency_ms(milliseconds: Decimal) -> Bar:
    """The candidate's median latency."""
    return Bar(name="max_latency_ms", kind=Kind.LATENCY, needed=milliseconds)


def max_usd_per_thousand(usd: Decimal) -> Bar:
    """The candidate's mean cost of 1,000 prompts."""
    return Bar(name="max_usd_per_thousand", kind=Kind.COST, needed=usd)


def of_recipe(recipe: Recipe, roles: Collection[str]) -> list[Bar]:
    """The recipe's bars. The text of a float in the settings is what people wrote."""
    found = [min_score(Decimal(str(recipe.min_score)))]
    if recipe.min_teacher_score:
        found.append(floor(TEACHER, Decimal(str(recipe.min_teacher_score))))
    found.append(teacher_margin(Decimal(str(recipe.margin_to_teacher))))
    found.append(min_gain(Decimal(str(recipe.min_gain))))
    if LIVE in roles:
        found.append(live_margin(Decimal(str(recipe.live_margin))))
    if recipe.max_latency_ms is not None:
        found.append(max_latency_ms(Decimal(recipe.max_latency_ms)))
    if recipe.max_usd_per_thousand is not None:
        found.append(max_usd_per_thousand(recipe.max_usd_per_thousand))
    return found


def of_golden_set(recipe: Recipe) -> list[Bar]:
    """The recipe's bars on its golden set.

    An examiner writes a few dozen prompts, and a student must answer each of them. They are not a sample, and they are
    too few for a test, so the score on them is compared as measured. A margin to the teacher is tested, as elsewhere.
    """
    score = Decimal(str(recipe.least_golden_score))
    found = [Bar(name="golden_min_score", kind=Kind.SCORE, needed=score, golden=True, census=True)]
    if recipe.golden_teacher_margin is not None:
        margin = -Decimal(str(recipe.golden_teacher_margin))
        found.append(
            Bar(name="golden_teacher_margin", kind=Kind.DIFFERENCE, needed=margin, against=TEACHER, golden=True)
        )
    return found
