"""Which prompts a reader should see first: the most instructive wins and losses, and answers that did not complete."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from distillery.evaluation.contestants import BASE, LIVE, STUDENT, TEACHER
from distillery.evaluation.report.rows import AnswerRow, PromptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructive:
    """Prompts that show what the student gained and what it lacks.

    Attributes:
        wins: It scored higher than the teacher or the live model, and no other model scored higher than it.
        losses: A model other than the untrained student scored higher.
    """

    wins: tuple[PromptRow, ...]
    losses: tuple[PromptRow, ...]


def instructive(prompts: Sequence[PromptRow], most: int = 5) -> Instructive:
    """The most instructive wins and losses, at most `most` of each.

    The largest gap comes first; among equals, the mistake that is made most often, then the order of the file. Prompts
    with other references come before a second one with the same, so that one kind of mistake does not fill the list.
    """
    wins, losses = [], []
    for row in prompts:
        own, replaced = _scores(row, (STUDENT,)), _scores(row, (TEACHER, LIVE))
        others = _scores(row, [role for role in row.answers if role not in (STUDENT, BASE)])
        if own and others and max(others) > own[0]:
            losses.append((row, max(others) - own[0]))
        elif own and replaced and min(replaced) < own[0]:
            wins.append((row, own[0] - min(replaced)))
    return Instructive(wins=_first(wins, most), losses=_first(losses, most))


def _scores(row: PromptRow, roles: Iterable[str]) -> list[float]:
    """The scores of those roles, where there is an answer: the score of a missing one is an assumption."""
    answers = [row.answers[role] for role in roles if role in row.answers]
    return [answer.score for answer in answers if answer.score is not None and not answer.missing]


def _first(gaps: Sequence[tuple[PromptRow, float]], most: int) -> tuple[PromptRow, ...]:
    often = Counter(_kind(row) for row, _ in gaps)
    ordered = sorted(gaps, key=lambda item: (-item[1], -often[_kind(item[0])], item[0].index))
    seen: Counter[str | None] = Counter()
    turns: list[tuple[int, int, PromptRow]] = []
    for place, (row, _) in enumerate(ordered):
        turns.append((seen[row.reference], place, row))
        seen[row.reference] += 1
    turns.sort(key=lambda turn: turn[:2])
    return tuple(row for *_, row in turns[:most])


def _kind(row: PromptRow) -> tuple[str | None, str]:
    return row.reference, row.answers[STUDENT].text


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """An answer that is missing, was truncated or refused, or has no score."""

    row: PromptRow
    role: str
    answer: AnswerRow
    what: str


def incomplete(prompts: Sequence[PromptRow]) -> Iterator[Incomplete]:
    """Yields answers that did not complete, in the order of the prompts."""
    for row in prompts:
        for role, answer in row.answers.items():
            if what := _what(answer):
                yield Incomplete(row=row, role=role, answer=answer, what=what)


def _what(answer: AnswerRow) -> str:
    if answer.missing:
        return "missing"
    if answer.refused:
        return "refused"
    if answer.truncated:
        return "truncated"
    return "not scored" if answer.score is None else ""
