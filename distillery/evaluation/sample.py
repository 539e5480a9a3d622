"""The numbers that a verdict is decided by: one for each held-out prompt and role, checked, in one order."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from distillery.core.errors import EvaluationFailed
from distillery.core.escaping import quoted

Numbers = Sequence[Fraction | None]


def joined(ids: Sequence[str], scored: Iterable[tuple[str, Fraction]]) -> tuple[Fraction | None, ...]:
    """The scores in the order of the prompts' ids; None where one is missing.

    Raises:
        EvaluationFailed: An id occurs twice, or is no prompt's.
    """
    pairs = list(scored)
    if twice := [key for key, count in [*Counter(ids).items(), *Counter(key for key, _ in pairs).items()] if count > 1]:
        raise EvaluationFailed(
            f"{len(twice)} ids occur twice, the first is {quoted(twice[0])}; each prompt has one score; "
            "remove the duplicates"
        )
    found = dict(pairs)
    if unknown := found.keys() - set(ids):
        raise EvaluationFailed(
            f"{len(unknown)} scores belong to no held-out prompt, the first to {quoted(min(unknown))}; "
            "only held-out prompts are scored; judge the answers of this data set"
        )
    return tuple(found.get(key) for key in ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutSample:
    """What was measured, by role and then by held-out prompt.

    Attributes:
        scores: From 0 to 1; None where a prompt has no answer or no grade.
        families: The family of each prompt; empty where every prompt is its own.
        binary: Whether every score is 0 or 1.
        latency_ms: Milliseconds of each answer.
        usd: The cost of each answer.
        excluded: Prompts that a comparison with that role leaves out: the role was trained on them.
    """

    scores: Mapping[str, Numbers]
    binary: bool
    families: Sequence[str] = ()
    latency_ms: Mapping[str, Numbers] = field(default_factory=dict)
    usd: Mapping[str, Numbers] = field(default_factory=dict)
    excluded: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counts = {len(each) for group in (self.scores, self.latency_ms, self.usd) for each in group.values()}
        counts |= {len(self.families)} if self.families else set()
        if len(counts) != 1 or counts == {0}:
            raise EvaluationFailed(
                f"scores, families, latency and cost have {sorted(counts)} entries; each needs one for every held-out "
                "prompt, and at least one; join them by the prompts' ids"
            )
        for role, scores in self.scores.items():
            _check(scores, f"score of {role}", most=1, only=(0, 1) if self.binary else ())
        for name, group in (("latency", self.latency_ms), ("cost", self.usd)):
            for role, numbers in group.items():
                _check(numbers, f"{name} of {role}")
        if any(index not in range(self.asked) for out in self.excluded.values() for index in out):
            raise EvaluationFailed(
                f"an excluded prompt has no number from 0 to {self.asked - 1}; exclude held-out prompts only"
            )

    @property
    def asked(self) -> int:
        return len(next(iter(self.scores.values())))

    def left_out(self, role: str) -> frozenset[int]:
        """The prompts that a comparison with the role leaves out: the excluded ones and their families."""
        out = self.excluded.get(role, frozenset())
        if not self.families:
            return out
        names = {self.families[index] for index in out}
        return frozenset(index for index, name in enumerate(self.families) if name in names)

    def without(self, out: frozenset[int]) -> "HeldOutSample":
        """The sample without some prompts and with no exclusions, or the sample itself if no prompt would be left."""
        kept = [index for index in range(self.asked) if index not in out]
        if not out or not kept:
            return self

        def of(group: Mapping[str, Numbers]) -> dict[str, Numbers]:
            return {role: [numbers[index] for index in kept] for role, numbers in group.items()}

        return replace(
            self,
            scores=of(self.scores),
            families=[self.families[index] for index in kept] if self.families else (),
            latency_ms=of(self.latency_ms),
            usd=of(self.usd),
            excluded={},
        )

    @property
    def single(self) -> bool:
        """Whether every prompt is a family of its own."""
        return not self.families or len(set(self.families)) == len(self.families)


def exact(value: Fraction | Decimal | int | float) -> Fraction:
    """The value as a fraction. Raises EvaluationFailed for NaN and infinity, which no sum must swallow."""
    if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
        raise EvaluationFailed(f"a measured value is {value}; it must be a finite number; grade the answer again")
    return Fraction(value)


def _check(numbers: Numbers, what: str, *, most: int | None = None, only: tuple[int, ...] = ()) -> None:
    for index, number in enumerate(numbers):
        if number is None:
            continue
        if not isinstance(number, (Fraction, int)):
            raise EvaluationFailed(
                f"the {what} at prompt {index} is {quoted(str(number))}; a fraction is needed, never NaN; "
                "convert it with `exact`"
            )
        if number < 0 or (most is not None and number > most) or (only and number not in only):
            allowed = "0 or 1" if only else "0 or more" if most is None else f"0 to {most}"
            raise EvaluationFailed(
                f"the {what} at prompt {index} is {quoted(str(number))}; {allowed} is allowed; correct the grader"
            )
