"""Grades the answers to the held-out prompts, tests the recipe's bars, and gives the verdict.

grades → sample → decision → verdict. `report.assemble` describes the same judgement for people.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Run, Score, Verdict
from distillery.evaluation import bars
from distillery.evaluation.answers import ModelAnswer, PromptAnswers
from distillery.evaluation.bars import Bar, Kind
from distillery.evaluation.contestants import BASE, CONTENDER, LIVE, STUDENT, TEACHER, Priced
from distillery.evaluation.decision import BarsDecision, decide
from distillery.evaluation.graded_prompts import GradedPrompt, grade_prompts, unscored
from distillery.evaluation.graders.grade import Grader
from distillery.evaluation.graders.registry import build
from distillery.evaluation.graders.stored import Scores
from distillery.evaluation.measuring import Measured, measured
from distillery.evaluation.sample import HeldOutSample, Numbers, exact
from distillery.evaluation.statistics.resampling import SEED

AGREEMENT = "agreement with the teacher"
NO_REFERENCES = (
    "The prompts have no reference answers, so the teacher's own answers are the measure, on which it has 100 %: "
    "agreement is reported and decides nothing. Upload prompts with reference answers, or use a grader without them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that a verdict is based on.

    Attributes:
        shown: The intervals of the report by role: of the score and, except for the student, of the student's score
            minus this role's. None of them decides.
        golden: The prompts of the golden set; empty if the run has none.
        golden_scores: The results on the golden set by role.
    """

    run: Run
    measure: str
    grader: Grader
    contestants: tuple[Priced, ...]
    graded: tuple[GradedPrompt, ...]
    families: tuple[int, ...]
    sample: HeldOutSample
    decision: BarsDecision
    outcome: VerdictOutcome
    reasons: tuple[str, ...]
    shown: Mapping[str, tuple[Measured, Measured | None]]
    golden: tuple[GradedPrompt, ...] = ()
    golden_scores: Mapping[str, Score] = field(default_factory=dict)


def judge(
    run: Run,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
    *,
    families: Sequence[int] = (),
    scores: Scores | None = None,
    golden: Sequence[Prompt] = (),
    seed: int = SEED,
) -> Judgement:
    """Judges the student of a run.

    Args:
        prompts: The held-out prompts, in the order of their file.
        rows: The answers to each prompt, by its index. Those to the golden set follow.
        contestants: The models that were asked.
        families: The family of each prompt; empty if each stands alone.
        scores: The scores of judges and functions.
        golden: The prompts of the golden set that the run pinned.

    Raises:
        EvaluationFailed: Rows or reference answers are missing, or the families are those of other prompts.
        BadRequest: The recipe's graders have wrong options.
    """
    if families and len(families) != len(prompts):
        raise EvaluationFailed(
            f"there are families of {len(families)} held-out prompts, and {len(prompts)} were asked; "
            "upload the prompts again"
        )
    grader = build(run.recipe.grader_specs, scores)
    heldout = [_within(one, 0, len(prompts)) for one in contestants]
    graded = tuple(grade_prompts(run, grader, prompts, rows, contestants))
    sample = _sample(graded, heldout, families, binary=grader.binary)
    of_golden, exam = _golden(run, grader, golden, rows, contestants)
    decision = decide(
        bars.of_recipe(run.recipe, {one.role for one in contestants}),
        sample,
        golden=(bars.of_golden_set(run.recipe), exam) if exam else None,
        seed=seed,
    )
    agreement = grader.needs_reference and not run.dataset.labelled
    return Judgement(
        run=run,
        measure=AGREEMENT if agreement else grader.measure,
        grader=grader,
        contestants=tuple(heldout),
        graded=graded,
        families=tuple(families),
        sample=sample,
        decision=decision,
        outcome=VerdictOutcome.INCONCLUSIVE if agreement else decision.outcome,
        reasons=(
            *((NO_REFERENCES,) if agreement else ()),
            *unscored(graded),
            *unscored(of_golden, " to the golden set"),
            *decision.reasons,
        ),
        shown={one.role: _shown(one.role, sample, seed) for one in contestants},
        golden=of_golden,
        golden_scores={one.role: _score(one, of_golden, _census(one.role, exam, seed)) for one in contestants}
        if exam
        else {},
    )


def _within(one: Priced, start: int, stop: int) -> Priced:
    """The contestant among some of the prompts, numbered from 0."""
    return replace(one, left_out=tuple(index - start for index in one.left_out if start <= index < stop))


def _golden(
    run: Run,
    grader: Grader,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
) -> tuple[tuple[GradedPrompt, ...], HeldOutSample | None]:
    """The answers to the golden set, and what was measured there. Raises EvaluationFailed where it was not asked."""
    pinned = run.dataset.golden
    if pinned is None:
        return (), None
    if len(prompts) != pinned.prompts:
        raise EvaluationFailed(
            f"{len(prompts)} prompts of the golden set are to be judged, and the run pinned {pinned.prompts}; a "
            "verdict needs all: evaluate the run again (distillery evaluate)"
        )
    graded = tuple(grade_prompts(run, grader, prompts, rows, contestants, golden=True))
    first = run.dataset.heldout
    those = [_within(one, first, first + len(prompts)) for one in contestants]
    return graded, _sample(graded, those, pinned.families, binary=grader.binary)


def _census(role: str, exam: HeldOutSample, seed: int) -> Measured:
    """The score of a role on the golden set."""
    bar = Bar(name="score", kind=Kind.SCORE, needed=Decimal(0), role=role, golden=True, census=True)
    (found,) = measured([bar], exam.without(exam.excluded.get(role, frozenset())), seed=seed)
    return found


def verdict(judgement: Judgement, *, sentence: str, report_uri: str, exploratory: str = "", look: str = "") -> Verdict:
    """The verdict as a run stores it.

    Args:
        exploratory: Why it does not promote the student by itself; empty for the confirmatory one.
        look: The execution that judged.
    """
    scores = {one.role: score_of(judgement, one) for one in judgement.contestants}
    return Verdict(
        passed=judgement.outcome is VerdictOutcome.PASSED and not exploratory,
        measure=judgement.measure,
        teacher=scores[TEACHER],
        base=scores[BASE],
        student=scores[STUDENT],
        reasons=(*((f"exploratory: {exploratory}",) if exploratory else ()), *_reasons(judgement)),
        report_uri=report_uri,
        outcome=judgement.outcome,
        sentence=sentence,
        live=scores.get(LIVE),
        contenders={
            role.removeprefix(CONTENDER): score for role, score in scores.items() if role.startswith(CONTENDER)
        },
        more_prompts=judgement.decision.more_prompts,
        exploratory=exploratory,
        look=look,
        golden=judgement.golden_scores,
    )


def _reasons(judgement: Judgement) -> tuple[str, ...]:
    return () if judgement.outcome is VerdictOutcome.PASSED else judgement.reasons


def _sample(
    graded: Sequence[GradedPrompt], contestants: Sequence[Priced], families: Sequence[int], *, binary: bool
) -> HeldOutSample:
    scores: dict[str, Numbers] = {}
    latency: dict[str, Numbers] = {}
    usd: dict[str, Numbers] = {}
    for one in contestants:
        grades = [row.grades[one.role] for row in graded]
        answers = [row.answers.get(one.role) for row in graded]
        scores[one.role] = [grade.score if grade else None for grade in grades]
        latency[one.role] = [Fraction(answer.latency_ms) if answer else None for answer in answers]
        costs = [_cost(one, answer) if answer else None for answer in answers]
        usd[one.role] = [None if cost is None else exact(cost) for cost in costs]
    return HeldOutSample(
        scores=scores,
        binary=binary,
        families=tuple(map(str, families)),
        latency_ms=latency,
        usd=usd,
        excluded={one.role: frozenset(one.left_out) for one in contestants if one.left_out},
    )


def _cost(one: Priced, answer: ModelAnswer) -> Decimal | None:
    if one.price is None:
        return None
    return one.price.cost(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)


def _shown(role: str, sample: HeldOutSample, seed: int) -> tuple[Measured, Measured | None]:
    asked = sample.without(sample.excluded.get(role, frozenset()))
    (own,) = measured([Bar(name="score", kind=Kind.SCORE, needed=Decimal(0), role=role)], asked, seed=seed)
    if role == STUDENT:
        return own, None
    (gap,) = measured([Bar(name="gap", kind=Kind.DIFFERENCE, needed=Decimal(0), against=role)], sample, seed=seed)
    return own, gap


def score_of(judgement: Judgement, one: Priced) -> Score:
    """The result of a contestant, as the run stores it and the report shows it."""
    own, _ = judgement.shown[one.role]
    return _score(one, judgement.graded, own)


def _score(one: Priced, graded: Sequence[GradedPrompt], own: Measured) -> Score:
    answers = [answer for row in graded if (answer := row.answers.get(one.role))]
    latencies = [answer.latency_ms for answer in answers]
    return Score(
        model=one.model,
        value=own.interval.estimate,
        latency_ms=round(statistics.median(latencies)) if latencies else 0,
        usd=sum((_cost(one, answer) or Decimal(0) for answer in answers), Decimal(0)) if one.price else None,
        scored=own.scored,
        asked=own.asked,
    )
