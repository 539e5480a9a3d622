"""Grades labels: right if the answer is the reference's label. Classifies a whole evaluation in exact fractions."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.core.escaping import quoted
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.text import normalised, plain

LONGEST = 120
"""Characters. A longer reference is a text, not a label."""
_FULL_STOPS = (".", "。", "।", "۔", "።")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Right if the answer is the reference's label and nothing else."""

    measure: ClassVar[str] = "accuracy"
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    case: bool = False
    """Whether letter case matters."""

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        if self.name(answer) == self.name(reference):
            return Grade(score=RIGHT)
        return Grade(score=WRONG, reason=f"{quoted(answer)} is not {quoted(reference)}")

    def misfit(self, reference: str, prompt: Prompt) -> str:
        name = self.name(reference)
        if not name:
            return "is empty"
        if len(name) > LONGEST:
            return f"has {len(name)} characters, and a label at most {LONGEST}"
        return "has several lines" if len(reference.strip().splitlines()) > 1 else ""

    def name(self, text: str) -> str:
        """The label of a text: normalised, without one final full stop."""
        text = plain(text) if self.case else normalised(text)
        return (text[:-1].rstrip() or text) if text.endswith(_FULL_STOPS) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """How well one label is distinguished from the others. A ratio without a denominator is 0, as in scikit-learn.

    Attributes:
        support: The number of references with the label.
    """

    precision: Fraction
    recall: Fraction
    f1: Fraction
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A whole evaluation of labels.

    Attributes:
        labels: The labels of the references as they were first written, in order of their names.
        confusion: For each label of a reference, how many answers gave which label. The key None counts the answers
            that are no label of any reference.
        scores: For each label of a reference.
        macro_f1: The mean F1 of the labels, each with the same weight.
    """

    labels: tuple[str, ...]
    confusion: Mapping[str, Mapping[str | None, int]]
    scores: Mapping[str, LabelScore]
    accuracy: Fraction
    macro_f1: Fraction


def classification(pairs: Iterable[tuple[str, str]], grader: Label | None = None) -> Classification:
    """The confusion matrix and its scores, for (answer, reference) of every prompt.

    A missing answer is an empty one. Raises ValueError without pairs: a score of nothing is no score.
    """
    name = (grader or Label()).name
    counts: Counter[tuple[str, str]] = Counter()
    spelled: dict[str, str] = {}
    for answer, reference in pairs:
        right = name(reference)
        spelled.setdefault(right, plain(reference))
        counts[right, name(answer)] += 1
    if not counts:
        raise ValueError("there are no answers to classify")
    spelled = dict(sorted(spelled.items()))
    confusion: dict[str, Counter[str | None]] = {shown: Counter() for shown in _distinct(spelled).values()}
    shown = _distinct(spelled)
    for (right, given), count in sorted(counts.items()):
        confusion[shown[right]][shown.get(given)] += count
    scores = {label: _label_score(label, confusion) for label in confusion}
    return Classification(
        labels=tuple(confusion),
        confusion=confusion,
        scores=scores,
        accuracy=Fraction(sum(row[label] for label, row in confusion.items()), counts.total()),
        macro_f1=sum((score.f1 for score in scores.values()), Fraction(0)) / len(scores),
    )


def _distinct(spelled: Mapping[str, str]) -> dict[str, str]:
    """How each name is shown. Names that were written alike but for the full stop are shown as they are compared."""
    written = Counter(spelled.values())
    return {name: text if written[text] == 1 else name for name, text in spelled.items()}


def _label_score(label: str, confusion: Mapping[str, Mapping[str | None, int]]) -> LabelScore:
    hits, support = confusion[label].get(label, 0), sum(confusion[label].values())
    given = sum(row.get(label, 0) for row in confusion.values())
    return LabelScore(
        precision=Fraction(hits, given or 1),
        recall=Fraction(hits, support),
        f1=Fraction(2 * hits, given + support),
        support=support,
    )
