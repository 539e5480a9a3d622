"""Parts of a report that follow from its prompts alone: scores by reference, confusions, paired comparisons, costs."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from distillery.evaluation.contestants import CONTENDER, STUDENT, TEACHER
from distillery.evaluation.report.document import Breakdown, BreakEven, Confused, Document, Part
from distillery.evaluation.report.rows import AnswerRow, ComparisonRow, ContestantRow, PromptRow

PARTS_MAX = 60
"""With more parts, their names are texts of answers, such as quotations."""
LABELS_MAX = 60
"""With more references, they are texts, and a table of labels says nothing."""


def fold_label(text: str) -> str:
    """A label as the first format compared it."""
    return text.strip().removesuffix(".").rstrip().casefold()


def breakdowns(prompts: Sequence[PromptRow], same: Callable[[str], str] | None) -> Iterator[Breakdown]:
    """Scores by label, if prompts have labels, and by part, if graders graded parts.

    Args:
        same: Maps labels that count as equal to one text; None if references are no labels.
    """
    if same and (found := by_reference(prompts, same)):
        yield found
    if found := by_part(prompts):
        yield found


def by_reference(prompts: Sequence[PromptRow], same: Callable[[str], str] = fold_label) -> Breakdown | None:
    """Scores by label, the most frequent first; None if references are no labels.

    Args:
        prompts: Prompts with their scores.
        same: Maps labels that count as equal to one text.
    """
    rows: dict[str, list[PromptRow]] = defaultdict(list)
    for row in prompts:
        if row.reference is not None:
            rows[same(row.reference)].append(row)
    if not rows or len(rows) > min(LABELS_MAX, len(prompts) // 2):
        return None
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return Breakdown(by="label", parts=tuple(_part(label, found) for label, found in ordered))


def by_part(prompts: Sequence[PromptRow]) -> Breakdown | None:
    """Mean scores by what graders graded one by one, such as fields; None if they did not."""
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in prompts:
        names = dict.fromkeys(name for answer in row.answers.values() for name in answer.parts)
        for role, answer in row.answers.items():
            for name in names:
                if (score := _score_of(answer, name)) is not None:
                    scores[name][role].append(score)
    if not scores or len(scores) > PARTS_MAX:
        return None
    parts = (
        Part(
            name=name,
            count=max(map(len, found.values())),
            scores={role: math.fsum(values) / len(values) for role, values in found.items()},
        )
        for name, found in scores.items()
    )
    return Breakdown(by="field", parts=tuple(parts))


def _score_of(answer: AnswerRow, part: str) -> float | None:
    """An answer that is right or wrong as a whole is so in every part that other answers to its prompt have."""
    if part in answer.parts or answer.missing:
        return answer.parts.get(part)
    is_whole = answer.score == 1 or (answer.score == 0 and not answer.parts)
    return answer.score if is_whole else None


def _part(label: str, rows: Sequence[PromptRow]) -> Part:
    scores: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for role, answer in row.answers.items():
            if answer.score is not None:
                scores[role].append(answer.score)
    means = {role: math.fsum(found) / len(found) for role, found in scores.items()}
    return Part(name=label, count=len(rows), scores=means)


def confusions(
    prompts: Sequence[PromptRow], roles: Iterable[str], same: Callable[[str], str] = fold_label
) -> dict[str, tuple[Confused, ...]]:
    """The confusions of each role that has any."""
    return {role: found for role in roles if (found := confusion(prompts, role, same))}


def confusion(
    prompts: Sequence[PromptRow], role: str, same: Callable[[str], str] = fold_label, most: int = 20
) -> tuple[Confused, ...]:
    """What a model answered instead of the reference, the most frequent first."""
    wrong: Counter[tuple[str, str]] = Counter()
    for row in prompts:
        answer = row.answers.get(role)
        if row.reference is None or answer is None or answer.score is None or answer.score >= 1:
            continue
        wrong[same(row.reference), same(answer.text)] += 1
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:most]
    return tuple(Confused(reference=reference, answer=answer, count=count) for (reference, answer), count in ordered)


def comparison(prompts: Sequence[PromptRow], against: str) -> ComparisonRow:
    """The student against another model over the prompts that both have a score for, without an interval."""
    pairs = [pair for row in prompts if (pair := _pair(row, against)) is not None]
    gaps = [own - other for own, other in pairs]
    return ComparisonRow(
        against=against,
        difference=math.fsum(gaps) / len(gaps) if gaps else 0.0,
        pairs=len(pairs),
        wins=sum(gap > 0 for gap in gaps),
        losses=sum(gap < 0 for gap in gaps),
    )


def _pair(row: PromptRow, against: str) -> tuple[float, float] | None:
    own, other = row.answers.get(STUDENT), row.answers.get(against)
    if own is None or other is None or own.score is None or other.score is None:
        return None
    return own.score, other.score


def break_evens(document: Document) -> Iterator[BreakEven]:
    """The break-even with each model that could answer in the student's place: the teacher and the contenders."""
    student, once_usd = document.contestant(STUDENT), document.once_usd
    if student is None or once_usd is None:
        return
    for one in document.contestants:
        is_other = one.role == TEACHER or one.role.startswith(CONTENDER)
        if is_other and (found := break_even(once_usd, student, one)):
            yield found


def break_even(once_usd: Decimal, student: ContestantRow, other: ContestantRow) -> BreakEven | None:
    """The number of answers after which the run has paid for itself; None if a cost is unknown.

    Args:
        once_usd: What the run cost once.
        student: The student, billed by token.
        other: The model that would answer instead.
    """
    own, theirs = student.usd_per_thousand, other.usd_per_thousand
    if own is None or theirs is None:
        return None
    saved = theirs - own
    answers = math.ceil(once_usd * 1000 / saved) if saved > 0 else None
    return BreakEven(against=other.role, answers=answers, saved_per_thousand_usd=saved)
