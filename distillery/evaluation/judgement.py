"""Grades the answers to the held-out prompts, tests the recipe's bars, and gives the verdict.

grades → sample → decision → verdict. `report.assemble` describes the same judgement for people.
"""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Run, Score, Verdict
from distillery.core.recipe import Recipe
from distillery.evaluation import bars
from distillery.evaluation.answers import ModelAnswer, PromptAnswers
from distillery.evaluation.bars import Bar, Kind
from distillery.evaluation.contestants import BASE, CONTENDER, LIVE, STUDENT, TEACHER, Priced, called
from distillery.evaluation.decision import BarsDecision, decide
from distillery.evaluation.graders.grade import Grade, Grader, Unscored
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
CUT_OFF = "it was cut off before any text; raise max_answer_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedPrompt:
    """A held-out prompt with its answers and grades by role.

    Attributes:
        reference: What the answers were compared with; None if with nothing.
        grades: None where there is no answer, no score, or where the model is not compared on this prompt.
        unscored: Why a judge or a function gave an answer no score.
    """

    index: int
    prompt: Prompt
    reference: str | None
    answers: Mapping[str, ModelAnswer]
    missing: Mapping[str, str]
    grades: Mapping[str, Grade | None]
    unscored: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that a verdict rests on.

    Attributes:
        shown: The intervals of the report by role: of the score and, except for the student, of the student's score
            minus this role's. None of them decides.
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


def judge(
    run: Run,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
    *,
    families: Sequence[int] = (),
    scores: Scores | None = None,
    seed: int = SEED,
) -> Judgement:
    """Judges the student of a run.

    Args:
        prompts: The held-out prompts, in the order of their file.
        rows: The answers to each prompt, by its index.
        contestants: Who was asked.
        families: The family of each prompt; empty if each stands alone.
        scores: What judges and functions have said.

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
    graded = tuple(_graded(run, grader, prompts, rows, contestants))
    sample = _sample(graded, contestants, families, binary=grader.binary)
    decision = decide(_bars(run.recipe, contestants), sample, seed=seed)
    agreement = grader.needs_reference and not run.dataset.labelled
    return Judgement(
        run=run,
        measure=AGREEMENT if agreement else grader.measure,
        grader=grader,
        contestants=tuple(contestants),
        graded=graded,
        families=tuple(families),
        sample=sample,
        decision=decision,
        outcome=VerdictOutcome.INCONCLUSIVE if agreement else decision.outcome,
        reasons=((NO_REFERENCES,) if agreement else ()) + tuple(_unscored(graded)) + decision.reasons,
        shown={one.role: _shown(one.role, sample, seed) for one in contestants},
    )


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
    )


def _reasons(judgement: Judgement) -> tuple[str, ...]:
    return () if judgement.outcome is VerdictOutcome.PASSED else judgement.reasons


def _graded(
    run: Run,
    grader: Grader,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
) -> list[GradedPrompt]:
    if absent := [index for index in range(len(prompts)) if index not in rows]:
        raise EvaluationFailed(
            f"{len(absent)} of {len(prompts)} held-out prompts have no answers, the first is number {absent[0]}; "
            "evaluate the run again (distillery evaluate)"
        )
    return [_grade(run, grader, prompt, rows[index], contestants) for index, prompt in enumerate(prompts)]


def _grade(run: Run, grader: Grader, prompt: Prompt, row: PromptAnswers, contestants: Sequence[Priced]) -> GradedPrompt:
    if run.dataset.labelled and prompt.reference is None:
        raise EvaluationFailed(
            f"held-out prompt {row.index} has no reference answer though the data set says that all have; "
            "upload the prompts again"
        )
    reference = prompt.reference
    if reference is None and grader.needs_reference and (taught := row.answers.get(TEACHER)):
        reference = taught.text
    judged = {one.role for one in contestants if row.index not in one.left_out and one.role in row.answers}
    if reference is None and grader.needs_reference:  # the teacher's answer is missing: nothing to agree with
        judged = set()
    grades: dict[str, Grade | None] = {one.role: None for one in contestants}
    unscored: dict[str, str] = {}
    for role in sorted(judged):
        if role != STUDENT and _ended_before_text(row.answers[role]):
            unscored[role] = CUT_OFF
            continue
        try:
            grades[role] = grader.grade(row.answers[role].text, reference or "", prompt)
        except Unscored as why:
            unscored[role] = str(why)
    return GradedPrompt(
        index=row.index,
        prompt=prompt,
        reference=reference,
        answers=row.answers,
        missing=row.missing,
        grades=grades,
        unscored=unscored,
    )


def _ended_before_text(answer: ModelAnswer) -> bool:
    """Whether reasoning took all tokens, so that the model never answered. Graded as wrong, it would lower the bar."""
    return answer.is_truncated and not answer.text.strip()


def _unscored(graded: Sequence[GradedPrompt]) -> Iterator[str]:
    """A sentence for each role that has answers without a score, with the most frequent reason."""
    roles = sorted({role for row in graded for role in row.unscored})
    for role in roles:
        why = Counter(row.unscored[role] for row in graded if role in row.unscored)
        (reason, _), *_ = why.most_common(1)
        yield f"{why.total()} of {len(graded)} answers of {called(role)} have no score: {reason}."


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


def _bars(recipe: Recipe, contestants: Sequence[Priced]) -> list[Bar]:
    """The recipe's bars. Decimal texts of the settings' floats are what people wrote."""
    found = [bars.min_score(Decimal(str(recipe.min_score)))]
    if recipe.min_teacher_score:
        found.append(bars.floor(TEACHER, Decimal(str(recipe.min_teacher_score))))
    found.append(bars.teacher_margin(Decimal(str(recipe.margin_to_teacher))))
    found.append(bars.min_gain(Decimal(str(recipe.min_gain))))
    if any(one.role == LIVE for one in contestants):
        found.append(bars.live_margin(Decimal(str(recipe.live_margin))))
    if recipe.max_latency_ms is not None:
        found.append(bars.max_latency_ms(Decimal(recipe.max_latency_ms)))
    if recipe.max_usd_per_thousand is not None:
        found.append(bars.max_usd_per_thousand(recipe.max_usd_per_thousand))
    return found


def _shown(role: str, sample: HeldOutSample, seed: int) -> tuple[Measured, Measured | None]:
    asked = _without(sample, sample.excluded.get(role, frozenset()))
    (own,) = measured([Bar(name="score", kind=Kind.SCORE, needed=Decimal(0), role=role)], asked, seed=seed)
    if role == STUDENT:
        return own, None
    (gap,) = measured([Bar(name="gap", kind=Kind.DIFFERENCE, needed=Decimal(0), against=role)], sample, seed=seed)
    return own, gap


def _without(sample: HeldOutSample, out: frozenset[int]) -> HeldOutSample:
    """The sample without some prompts, unless nothing were left."""
    kept = [index for index in range(sample.asked) if index not in out]
    if not out or not kept:
        return sample

    def of(group: Mapping[str, Numbers]) -> dict[str, Numbers]:
        return {role: [numbers[index] for index in kept] for role, numbers in group.items()}

    families = [sample.families[index] for index in kept] if sample.families else ()
    return HeldOutSample(
        scores=of(sample.scores),
        families=families,
        binary=sample.binary,
        latency_ms=of(sample.latency_ms),
        usd=of(sample.usd),
    )


def score_of(judgement: Judgement, one: Priced) -> Score:
    """The result of a contestant, as the run stores it and the report shows it."""
    own, _ = judgement.shown[one.role]
    answers = [answer for row in judgement.graded if (answer := row.answers.get(one.role))]
    latencies = [answer.latency_ms for answer in answers]
    return Score(
        model=one.model,
        value=own.interval.estimate,
        latency_ms=round(statistics.median(latencies)) if latencies else 0,
        usd=sum((_cost(one, answer) or Decimal(0) for answer in answers), Decimal(0)) if one.price else None,
        scored=own.scored,
        asked=own.asked,
    )
