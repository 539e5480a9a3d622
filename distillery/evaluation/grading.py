"""How right an answer is: 0 to 1, against the answer that is held right."""

from collections import Counter
from collections.abc import Callable, Mapping

from distillery.core.recipe import Grader


def label(answer: str, right: str) -> float:
    """1 for the same label, whatever its letter case, the space around it, and a closing full stop."""
    return float(_label(answer) == _label(right))


def _label(text: str) -> str:
    return text.strip().removesuffix(".").rstrip().casefold()


def overlap(answer: str, right: str) -> float:
    """F1 of the words they share, each as often as it stands in both. Two empty answers agree."""
    said, expected = Counter(answer.casefold().split()), Counter(right.casefold().split())
    if not said and not expected:
        return 1.0
    shared = (said & expected).total()
    return 2 * shared / (said.total() + expected.total())


GRADERS: Mapping[Grader, Callable[[str, str], float]] = {Grader.LABEL: label, Grader.OVERLAP: overlap}
