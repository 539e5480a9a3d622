"""The decision: every bar is tested, and the bars together pass, fail or stay open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.bars import Bar, Kind
from distillery.evaluation.contestants import called
from distillery.evaluation.measuring import Measured, measured
from distillery.evaluation.sample import HeldOutSample
from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.planning import more_prompts
from distillery.evaluation.statistics.resampling import NUMPY, SEED


class BarState(StrEnum):
    """What one bar says."""

    HOLDS = "holds"
    REFUTED = "refuted"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarResult:
    """One bar, tested.

    Attributes:
        value: The unrounded estimate that the decision used.
        lower: The one-sided 95 % lower bound; None where the data give none.
        upper: The one-sided 95 % upper bound; None where the data give none.
        p_holds: The p-value of "the bar is missed".
        p_refuted: The p-value of "the bar is kept", before Holm's correction.
        scored: On how many of the asked prompts every side has a value.
        asked: How many held-out prompts the bar counts.
        excluded: How many more are left out, because the baseline was trained on them.
        families: How many families the asked prompts are.
        discordant: How many families differ between the sides; None where nothing is compared.
        mcnemar: The exact two-sided p-value of McNemar's test. It never decides.
        more_prompts: How many more held-out prompts would decide an open bar, if that can be said.
        obstacle: Why it can neither hold nor be refuted, whatever its interval; may be empty.
        golden: Whether it is about the golden set; `asked` counts its prompts then.
    """

    name: str
    kind: Kind
    role: str
    against: str
    needed: Decimal
    at_most: bool
    state: BarState
    value: float
    lower: float | None
    upper: float | None
    p_holds: float
    p_refuted: float
    scored: int
    asked: int
    excluded: int
    families: int
    discordant: int | None
    mcnemar: float | None
    method: str
    reason: str
    more_prompts: int | None
    obstacle: str = ""
    golden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsDecision:
    """The decision, and the numbers behind it.

    Attributes:
        more_prompts: How many more held-out prompts would decide an inconclusive verdict, if that can be said.
        incomplete: Why too many missing answers leave the verdict undecided, whatever the bars say; may be empty.
        seed: The seed of the resamples.
        numpy: The version that drew them.
    """

    outcome: VerdictOutcome
    bars: tuple[BarResult, ...]
    more_prompts: int | None
    incomplete: str
    seed: int
    numpy: str = NUMPY

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it did not pass: one sentence for each bar that does not hold, the refuted ones first."""
        missed = [bar for bar in self.bars if bar.state is not BarState.HOLDS]
        bars = tuple(bar.reason for bar in sorted(missed, key=lambda bar: bar.state is not BarState.REFUTED))
        return (self.incomplete, *bars) if self.incomplete else bars


def decide(
    bars: Sequence[Bar],
    sample: HeldOutSample,
    *,
    golden: tuple[Sequence[Bar], HeldOutSample] | None = None,
    seed: int = SEED,
) -> BarsDecision:
    """Passed if all bars hold, failed if one is refuted after Holm's correction, otherwise inconclusive.

    All bars must hold, so testing each at 5 % keeps the error of a pass at 5 % (an intersection-union test). One
    refutation among several is enough to fail, so refutations are corrected. The bars of a golden set are among them.

    Args:
        golden: The bars on the golden set, and what was measured there.

    Raises:
        BadRequest: There is no bar, or one names a role that was not measured.
        EvaluationFailed: A number is NaN, or out of its range.
    """
    tests = measured(bars, sample, seed=seed) + (measured(*golden, seed=seed) if golden else ())
    refuted = holm([test.p_refuted for test in tests])
    incomplete = " ".join(dict.fromkeys(test.incomplete for test in tests if test.incomplete))
    results = tuple(_result(test, by_holm, len(tests)) for test, by_holm in zip(tests, refuted, strict=True))
    states = {result.state for result in results}
    if incomplete or states == {BarState.HOLDS, BarState.OPEN} or states == {BarState.OPEN}:
        outcome = VerdictOutcome.INCONCLUSIVE
    else:
        outcome = VerdictOutcome.FAILED if BarState.REFUTED in states else VerdictOutcome.PASSED
    return BarsDecision(
        outcome=outcome,
        bars=results,
        more_prompts=_more(results) if outcome is VerdictOutcome.INCONCLUSIVE and not incomplete else None,
        incomplete=incomplete,
        seed=seed,
    )


def holm(p_values: Sequence[float]) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects at a family-wise error of 5 %."""
    rejected = [False] * len(p_values)
    for done, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[i] * (len(p_values) - done) > ALPHA:
            break
        rejected[i] = True
    return rejected


def _result(test: Measured, refuted: bool, bars: int) -> BarResult:
    state = BarState.HOLDS if test.p_holds <= ALPHA else BarState.REFUTED if refuted else BarState.OPEN
    more, (lower, upper) = None, test.interval.bounds
    if state is BarState.OPEN and not test.bar.golden:  # its examiner decides how many prompts it has
        needed, limit = float(test.bar.needed), test.bar.at_most
        more = test.shortfall or more_prompts(test.interval, needed, test.asked, at_most=limit, bars=bars)
    result = BarResult(
        name=test.bar.name,
        kind=test.bar.kind,
        at_most=test.bar.at_most,
        role=test.bar.role,
        against=test.bar.against,
        needed=test.bar.needed,
        state=state,
        value=test.interval.estimate,
        lower=lower,
        upper=upper,
        p_holds=test.p_holds,
        p_refuted=test.p_refuted,
        scored=test.scored,
        asked=test.asked,
        excluded=test.excluded,
        families=test.families,
        discordant=test.discordant,
        mcnemar=test.mcnemar,
        method=test.interval.method,
        reason="",
        more_prompts=more,
        obstacle=test.obstacle or test.incomplete,
        golden=test.bar.golden,
    )
    return replace(result, reason=_reason(test, result))


def _reason(test: Measured, result: BarResult) -> str:
    low = "no bound" if result.lower is None else f"{result.lower:.4g}"
    high = "no bound" if result.upper is None else f"{result.upper:.4g}"
    whose = called(result.role)
    what = f"{whose} minus {called(result.against)}" if result.against else f"the {test.bar.kind} of {whose}"
    limit = "at most" if test.bar.at_most else "at least"
    span = "" if test.bar.census else f" ({low} to {high})"
    where = f" on the {result.asked} prompts of the golden set" if result.golden else ""
    text = f"{result.name}: {what}{where} is {result.value:.4g}{span}, {limit} {result.needed} is needed"
    ends = {
        BarState.HOLDS: "it holds",
        BarState.REFUTED: "it is missed",
        BarState.OPEN: test.obstacle or "the data do not decide",
    }
    more = f"; {result.more_prompts} more held-out prompts would" if result.more_prompts and not test.obstacle else ""
    return f"{text}: {ends[result.state]}{more}"


def _more(results: Sequence[BarResult]) -> int | None:
    """If an open bar looks missed, the fewest prompts that would refute one; otherwise the most that an open bar
    needs."""
    opened = [bar for bar in results if bar.state is BarState.OPEN]
    failing = [bar.more_prompts for bar in opened if bar.more_prompts is not None and bar.p_refuted < bar.p_holds]
    if failing:
        return min(failing)
    numbers = [bar.more_prompts for bar in opened]
    return None if None in numbers else max(number for number in numbers if number is not None)
