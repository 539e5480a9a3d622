"""The student of answers with quotations: it selects the sentences of the context that answer the question.

A linear model scores each sentence by what it has in common with the question, and by pairs of a word of the question
and a word of the sentence ("send back" asks for "return"). How many sentences are quoted, and how an answer is written
around them, is learnt from the training answers. It never writes a word that its template or the context does not have.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bedrock_simulator.models import text
from bedrock_simulator.models.learners import labels, passages
from bedrock_simulator.models.learners.labels import Pairs
from bedrock_simulator.models.learners.passages import Asked, Sentence

_EPOCHS = 10
_FEATURES = 2**20
_TYPICAL = 0.2  # share of the answers from which a common way to write them is taken over
_UNITS = re.compile(r"\b(day|week|month|year|hour|minute|percent|pound|euro|dollar|kilogram|metre)s?\b|[%£$€]")
_KINDS_OF_QUESTION = re.compile(
    r"\b(how (?:long|many|much|often|far|soon|do|can)|when|who|whom|where|which|what|why|"
    r"can|may|must|is|are|do|does|will)\b"
)


class Selector:
    """Answers with sentences of the prompt."""

    def __init__(self, pairs: Pairs) -> None:
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.linear_model import SGDClassifier

        read = [(passages.read(question), answer) for question, answer in pairs]
        quoted = [(asked, answer, _quoted(asked, answer)) for asked, answer in read]
        known = [each for each in quoted if each[2]]
        self._vectors = labels.vectorizer()
        self._vectors.fit([line for asked, *_ in known for line in ("question", asked.question, *_texts(asked))])
        self._hasher = FeatureHasher(_FEATURES, input_type="pair", alternate_sign=False)
        self._counts = labels.classify([(_counted(asked), str(len(chosen))) for asked, _, chosen in known])
        self._templates = _templates(known)
        asking = [(asked, *each) for asked, _, chosen in known for each in _aligned(asked, chosen)]
        rows = [row for asked, part, _ in asking for row in self._features(asked, part)]
        wanted = [at in right for asked, _, right in asking for at in range(len(asked.sentences))]
        self._model = SGDClassifier(
            loss="log_loss",
            alpha=2e-6,
            max_iter=_EPOCHS,
            tol=None,
            average=True,
            random_state=0,
            class_weight="balanced",
        )
        self._trained = len(set(wanted)) > 1
        if self._trained:
            self._model.fit(self._hasher.transform(rows), wanted)

    def answer(self, question: str) -> str:
        """Returns the answer; empty if the prompt has no context."""
        asked = passages.read(question)
        if not asked.sentences:
            return ""
        count = min(int(self._counts.answer(_counted(asked))), len(asked.sentences))
        parts = passages.parts(asked.question)
        if count == len(parts):
            chosen = [*dict.fromkeys(self._ranked(asked, part)[0] for part in parts)]
        else:
            chosen = sorted(self._ranked(asked, asked.question)[:count])
        return self._write([asked.sentences[at] for at in chosen])

    def _ranked(self, asked: Asked, question: str) -> list[int]:
        """The sentences of a context, the likeliest answer first."""
        if not self._trained:
            return [*range(len(asked.sentences))]
        scores = self._model.decision_function(self._hasher.transform(self._features(asked, question)))
        return sorted(range(len(asked.sentences)), key=lambda at: -float(scores[at]))

    def _write(self, chosen: Sequence[Sentence]) -> str:
        template = self._templates.get(len(chosen))
        if template is None:
            one = self._templates.get(1, '"\x010\x02"')
            return " ".join(_fill(one, [each]) for each in chosen)
        return _fill(template, chosen)

    def _features(self, asked: Asked, part: str) -> list[list[tuple[str, float]]]:
        question = text.stems(part)
        shared = self._similarities(asked, part)
        kinds = set(_KINDS_OF_QUESTION.findall(part.lower())) or {"other"}
        best = max(shared, default=0.0)
        return [
            _features(question, kinds, each, (similarity, similarity >= best))
            for each, similarity in zip(asked.sentences, shared, strict=True)
        ]

    def _similarities(self, asked: Asked, part: str) -> list[float]:
        if not asked.sentences:
            return []
        vectors: Any = self._vectors.transform([part, *_texts(asked)])
        return [float(each) for each in (vectors[1:] @ vectors[0].T).toarray().ravel()]


def _counted(asked: Asked) -> str:
    """The question, with a word that says how many questions it consists of."""
    return f"{asked.question} {'questions' * len(passages.parts(asked.question))}"


def _aligned(asked: Asked, chosen: list[int]) -> list[tuple[str, list[int]]]:
    """The parts of a question with the sentences that answer them: in order, if there is one for each part."""
    parts = passages.parts(asked.question)
    if len(parts) != len(chosen):
        return [(asked.question, chosen)]
    return [(part, [at]) for part, at in zip(parts, chosen, strict=True)]


def _texts(asked: Asked) -> list[str]:
    return [f"{each.title}. {each.text}" for each in asked.sentences]


def _features(
    question: list[str], kinds: set[str], sentence: Sentence, likeness: tuple[float, bool]
) -> list[tuple[str, float]]:
    words, title = text.stems(sentence.text), set(text.stems(sentence.title))
    asked = set(question)
    similarity, is_best = likeness
    units = sorted({match[0].rstrip("s") for match in _UNITS.finditer(sentence.text.lower())})
    found = [
        ("similarity", 4 * similarity),
        ("most similar", float(is_best)),
        ("shared", len(asked & set(words)) / max(1, len(asked))),
        ("titled", len(asked & title) / max(1, len(title))),
        (f"at {min(sentence.at, 4)}", 0.3),
    ]
    numbered = "number" if re.search(r"\d", sentence.text) else "no number"
    found += [(f"{kind}|{what}", 0.5) for kind in sorted(kinds) for what in (numbered, *units)]
    weight = 1.0 / max(1, len(asked)) ** 0.5
    found += [(f"{mine}>{theirs}", weight) for mine in sorted(asked) for theirs in sorted(set(words))]
    found += [(f"{mine}>>{theirs}", weight) for mine in sorted(asked) for theirs in sorted(title)]
    return found


def _quoted(asked: Asked, answer: str) -> list[int]:
    """The sentences that an answer quotes, or consists of, in the order of the answer."""
    parts = passages.quotations(answer) or re.split(r"(?<=[.!?])\s+", answer)
    found = [passages.source_of(part, asked.sentences) for part in parts if len(part) > 8]
    return [*dict.fromkeys(at for at in found if at is not None)]


def _templates(known: Sequence[tuple[Asked, str, list[int]]]) -> dict[int, str]:
    """The most common way to write an answer with so many quotations, where it is common enough."""
    seen: dict[int, Counter[str]] = {}
    for asked, answer, chosen in known:
        written = answer
        for slot, at in enumerate(chosen):
            sentence = asked.sentences[at]
            written = written.replace(sentence.text, f"\x01{slot}\x02", 1)
            if sentence.title:
                head, found, tail = written.partition(f"\x01{slot}\x02")
                written = head + found + tail.replace(sentence.title, f"\x03{slot}\x04", 1)
        seen.setdefault(len(chosen), Counter())[written] += 1
    common = {count: templates.most_common(1)[0] for count, templates in seen.items()}
    return {count: best for count, (best, times) in common.items() if times >= _TYPICAL * seen[count].total()}


def _fill(template: str, chosen: Sequence[Sentence]) -> str:
    filled = template
    for slot, sentence in enumerate(chosen):
        filled = filled.replace(f"\x01{slot}\x02", sentence.text).replace(f"\x03{slot}\x04", sentence.title)
    return filled
