"""The students: an untrained one that only compares words, and a distilled one that is trained by its teacher.

The untrained student picks, of the labels in the system prompt, the one that shares most words with the question, and
guesses between equals. It is meant to be poor. The distilled student is a linear classifier on TF-IDF over exactly the
(prompt, teacher's answer) pairs of its job, or the answer of the nearest neighbour if most answers differ from each
other. Nothing here reads a clock or a random source.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from bedrock_simulator.models import text

FREE_TEXT_SHARE = 0.5
HELD_OUT = 10
UNKNOWN_LABEL = "topic.other"

Pairs = Sequence[tuple[str, str]]


class Student(Protocol):
    """Answers prompts."""

    def answer(self, question: str) -> str:
        """Returns the answer, plain text."""


class Constant:
    """For pairs that all have the same answer."""

    def __init__(self, only: str) -> None:
        self._only = only

    def answer(self, question: str) -> str:  # noqa: ARG002 - one answer whatever the question
        """Returns that answer."""
        return self._only


class Classifier:
    """TF-IDF over words and word pairs, and a linear support vector machine: 3,000 prompts in about a second."""

    def __init__(self, pairs: Pairs) -> None:
        from sklearn.svm import LinearSVC

        self._vectors = _vectorizer()
        known = self._vectors.fit_transform([question for question, _ in pairs])
        self._model = LinearSVC(random_state=0)
        self._model.fit(known, [answer for _, answer in pairs])

    def answer(self, question: str) -> str:
        """Returns the most likely of the known answers."""
        return str(self._model.predict(self._vectors.transform([question]))[0])


class Nearest:
    """Returns the answer of the most similar known prompt."""

    def __init__(self, pairs: Pairs) -> None:
        self._vectors = _vectorizer()
        self._known = self._vectors.fit_transform([question for question, _ in pairs])
        self._answers = [answer for _, answer in pairs]

    def answer(self, question: str) -> str:
        """Returns that neighbour's answer, the earliest of equals."""
        similarity = self._known @ self._vectors.transform([question]).T
        return self._answers[int(similarity.toarray().ravel().argmax())]


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")


def train(pairs: Pairs) -> Student:
    """Trains a student on these pairs only."""
    distinct = Counter(answer for _, answer in pairs)
    if len(distinct) == 1:
        return Constant(next(iter(distinct)))
    return Nearest(pairs) if len(distinct) > FREE_TEXT_SHARE * len(pairs) else Classifier(pairs)


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
                self._trained = train(self.pairs)
        return self._trained.answer(question)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LazyStudent) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)


def loss(student: Student, pairs: Pairs) -> float:
    """The share of the first 200 pairs that the student does not reproduce, which the job reports as its loss."""
    sample = pairs[:200]
    return sum(student.answer(question) != answer for question, answer in sample) / len(sample)


def held_out_loss(pairs: Pairs) -> float:
    """The loss on every tenth pair of a student trained on the others; needs ten pairs."""
    training = [pair for at, pair in enumerate(pairs) if at % HELD_OUT]
    return loss(train(training), pairs[::HELD_OUT])


def untrained(prompt: text.Prompt) -> str:
    """Returns the label with the most words in common, of equals one by the prompt's hash; or a text, if asked for."""
    labels = text.labels(prompt.system)
    if not labels:
        return text.filler_text(prompt.text) or UNKNOWN_LABEL
    words = text.stems(prompt.text)
    best = max(text.overlap(words, label) for label in labels)
    return text.pick([label for label in labels if text.overlap(words, label) == best], "guess", prompt.text)
