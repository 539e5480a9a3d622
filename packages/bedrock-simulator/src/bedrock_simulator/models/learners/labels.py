"""Students of labels and of other short texts: a linear classifier, the nearest neighbour, one constant answer."""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

Pairs = Sequence[tuple[str, str]]
_KEPT = 500
"""Answers in memory: an evaluation asks for the same ones again."""


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

        self._vectors = vectorizer()
        known = self._vectors.fit_transform([question for question, _ in pairs])
        self._model = LinearSVC(random_state=0)
        self._model.fit(known, [answer for _, answer in pairs])
        self._predicted = functools.lru_cache(maxsize=_KEPT)(self._predict)

    def answer(self, question: str) -> str:
        """Returns the most likely of the known answers."""
        return self._predicted(question)

    def answers(self, questions: Sequence[str]) -> list[str]:
        """Returns the answer to each question, much faster than one by one."""
        return list(map(str, self._model.predict(self._vectors.transform(questions))))

    def _predict(self, question: str) -> str:
        return self.answers([question])[0]


class Nearest:
    """Returns the answer of the most similar known prompt."""

    def __init__(self, pairs: Pairs) -> None:
        self._vectors = vectorizer()
        self._known = self._vectors.fit_transform([question for question, _ in pairs])
        self._answers = [answer for _, answer in pairs]

    def answer(self, question: str) -> str:
        """Returns that neighbour's answer, the earliest of equals."""
        similarity = self._known @ self._vectors.transform([question]).T
        return self._answers[int(similarity.toarray().ravel().argmax())]


def classify(pairs: Pairs) -> Classifier | Constant:
    """Trains a classifier, or returns the most common answer where there is one answer, or no word that distinguishes
    the prompts."""
    answers = Counter(answer for _, answer in pairs)
    worded = any(re.search(r"\w", question) for question, _ in pairs)
    return Classifier(pairs) if len(answers) > 1 and worded else Constant(answers.most_common(1)[0][0])


def vectorizer() -> Any:
    """Words, including those of one letter, and pairs of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
