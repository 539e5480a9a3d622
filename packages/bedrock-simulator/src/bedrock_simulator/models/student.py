"""The distilled students: each is trained on exactly the (prompt, teacher's answer) pairs of its job.

What a student is depends on the answers (`learners.kinds`): a classifier of labels, a span tagger for JSON, a selector
of sentences for quotations, a calculator for tables, or else the nearest neighbour. Nothing here reads a clock or
a random source.
"""

import functools
import threading

from bedrock_simulator.models.learners.kinds import Student, train
from bedrock_simulator.models.learners.labels import Classifier, Pairs
from bedrock_simulator.models.untrained import untrained

HELD_OUT = 10
_KEPT = 8
"""Trained students and losses in memory. Tests train on the same pairs again and again."""
FrozenPairs = tuple[tuple[str, str], ...]

__all__ = [
    "HELD_OUT",
    "LazyStudent",
    "Pairs",
    "Student",
    "held_out_loss",
    "loss",
    "train",
    "trained",
    "training_loss",
    "untrained",
]


class LazyStudent:
    """A student that is stored as its training pairs, and trained when it is first called.

    The same pairs give the same student. Thread-safe; equal to any other of the same pairs.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = tuple((question, answer) for question, answer in pairs)
        self._lock = threading.Lock()
        self._trained: Student | None = None

    def answer(self, question: str) -> str:
        """Returns the trained student's answer."""
        with self._lock:
            if self._trained is None:
                self._trained = trained(self.pairs)
        return self._trained.answer(question)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LazyStudent) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)


def loss(student: Student, pairs: Pairs) -> float:
    """The share of the first 200 pairs that the student does not reproduce, which the job reports as its loss."""
    sample = pairs[:200]
    questions = [question for question, _ in sample]
    answers = student.answers(questions) if isinstance(student, Classifier) else map(student.answer, questions)
    return sum(given != answer for given, (_, answer) in zip(answers, sample, strict=True)) / len(sample)


@functools.lru_cache(maxsize=_KEPT)
def training_loss(pairs: FrozenPairs) -> float:
    """The loss of a student on the pairs that it is trained on."""
    return loss(trained(pairs), pairs)


@functools.lru_cache(maxsize=_KEPT)
def held_out_loss(pairs: FrozenPairs) -> float:
    """The loss on every tenth pair of a student trained on the others; needs ten pairs."""
    training = [pair for at, pair in enumerate(pairs) if at % HELD_OUT]
    return loss(train(training), pairs[::HELD_OUT])


trained = functools.lru_cache(maxsize=_KEPT)(train)
"""Returns the same student for the same pairs, which it does not change afterwards."""
