"""The students: an untrained one that only compares words, and a distilled one that learnt from its teacher.

The untrained student picks, of the labels named in the system prompt, the one whose words overlap most with the
question, and guesses between equals. That is meant to be poor. The distilled student is a TF-IDF + linear
classifier over exactly the (prompt, teacher's answer) pairs of its job, or the nearest neighbour's answer when
most answers differ from each other. Nothing here reads a clock or a random source.
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
    """Answers one prompt's text."""

    def answer(self, question: str) -> str:
        """The answer, plain text."""


class Constant:
    """Every pair had the same answer."""

    def __init__(self, only: str) -> None:
        self._only = only

    def answer(self, question: str) -> str:  # noqa: ARG002 - one answer whatever the question
        """That answer."""
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
        """The likeliest of the known answers."""
        return str(self._model.predict(self._vectors.transform([question]))[0])


class Nearest:
    """The answer of the most similar known prompt."""

    def __init__(self, pairs: Pairs) -> None:
        self._vectors = _vectorizer()
        self._known = self._vectors.fit_transform([question for question, _ in pairs])
        self._answers = [answer for _, answer in pairs]

    def answer(self, question: str) -> str:
        """That neighbour's answer, the earliest of equals."""
        similarity = self._known @ self._vectors.transform([question]).T
        return self._answers[int(similarity.toarray().ravel().argmax())]


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")


def train(pairs: Pairs) -> Student:
    """A student of these pairs and of nothing else."""
    distinct = Counter(answer for _, answer in pairs)
    if len(distinct) == 1:
        return Constant(next(iter(distinct)))
    return Nearest(pairs) if len(distinct) > FREE_TEXT_SHARE * len(pairs) else Classifier(pairs)


class LazyStudent:
    """A student that is kept as what it learnt, and trained when it is first asked: the same pairs, the same student.

    Safe to use from several threads; equal to any other of the same pairs.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = tuple((question, answer) for question, answer in pairs)
        self._lock = threading.Lock()
        self._trained: Student | None = None

    def answer(self, question: str) -> str:
        """The trained student's answer."""
        with self._lock:
            if self._trained is None:
                self._trained = train(self.pairs)
        return self._trained.answer(question)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LazyStudent) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)


def loss(student: Student, pairs: Pairs) -> float:
    """The share of the first 200 pairs that the student does not reproduce: what the job reports as its loss."""
    asked = pairs[:200]
    return sum(student.answer(question) != answer for question, answer in asked) / len(asked)


def held_out_loss(pairs: Pairs) -> float:
    """The loss on every tenth pair of a student that was shown the nine others alone; needs ten pairs."""
    shown = [pair for at, pair in enumerate(pairs) if at % HELD_OUT]
    return loss(train(shown), pairs[::HELD_OUT])


def untrained(prompt: text.Prompt) -> str:
    """The label with the largest overlap of words; of equals, one guessed by the prompt's hash. Or a text, if asked."""
    offered = text.labels(prompt.system)
    if not offered:
        return text.filler_text(prompt.text) or UNKNOWN_LABEL
    words = text.stems(prompt.text)
    best = max(text.overlap(words, label) for label in offered)
    return text.pick([label for label in offered if text.overlap(words, label) == best], "guess", prompt.text)
