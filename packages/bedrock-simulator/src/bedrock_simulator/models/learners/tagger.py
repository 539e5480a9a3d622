"""A span tagger: which tokens of a prompt state which field. A linear model of each token and its neighbours."""

import re
from collections.abc import Sequence
from typing import Any

from bedrock_simulator.models.learners.values import Text

OUTSIDE, UNDECIDED = 0, -1
_EPOCHS = 12
_FEATURES = 2**18
_EDGE = "¶"


class Tagger:
    """Trained with one tag for each token; `UNDECIDED` ones are left out."""

    def __init__(self, texts: Sequence[Text], tags: Sequence[Sequence[int]]) -> None:
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.linear_model import SGDClassifier

        self._hasher = FeatureHasher(_FEATURES, input_type="string", alternate_sign=False)
        rows = [row for text, tagged in zip(texts, tags, strict=True) for row in _decided(text, tagged)]
        wanted = [tag for tagged in tags for tag in tagged if tag != UNDECIDED]
        self._model = SGDClassifier(loss="hinge", alpha=1e-5, max_iter=_EPOCHS, tol=None, average=True, random_state=0)
        self._only = wanted[0] if len(set(wanted)) == 1 else None
        if self._only is None:
            self._model.fit(self._hasher.transform(rows), wanted)

    def scores(self, text: Text) -> tuple[Any, list[int]]:
        """Returns one row of scores for each token, and the tags that the columns are."""
        import numpy

        if self._only is not None or not text.words:
            return numpy.ones((len(text.words), 1)), [self._only or OUTSIDE]
        found = self._model.decision_function(self._hasher.transform(features(text)))
        if found.ndim == 1:  # of two tags, scikit-learn scores the second
            found = numpy.stack([-found, found], axis=1)
        return found, [int(tag) for tag in self._model.classes_]

    def spans(self, text: Text) -> list[tuple[int, int, int, float]]:
        """Returns the tagged spans in order: first token, the one after the last, tag, mean score."""
        scores, tags = self.scores(text)
        best = scores.argmax(axis=1) if len(text.words) else []
        found: list[tuple[int, int, int, float]] = []
        at = 0
        while at < len(best):
            end = at + 1
            while end < len(best) and best[end] == best[at]:
                end += 1
            if (tag := tags[best[at]]) != OUTSIDE:
                found.append((at, end, tag, float(scores[at:end, best[at]].mean())))
            at = end
        return found


def _decided(text: Text, tagged: Sequence[int]) -> list[list[str]]:
    return [row for row, tag in zip(features(text), tagged, strict=True) if tag != UNDECIDED]


def features(text: Text) -> list[list[str]]:
    """The features of each token: the token, its shape, two neighbours on each side, and its line's first."""
    words = [_EDGE, _EDGE, *(word.casefold() for word in text.words), _EDGE, _EDGE]
    shapes = ["", "", *(_shape(word) for word in text.words), "", ""]
    heads = _line_heads(text)
    rows = []
    for at in range(2, len(words) - 2):
        word, shape, before, after = words[at], shapes[at], words[at - 1], words[at + 1]
        rows.append([
            f"w={word}", f"s={shape}", f"p={word[:3]}", f"e={word[-3:]}", f"b={before}", f"a={after}",
            f"bb={words[at - 2]}", f"aa={words[at + 2]}", f"bw={before} {word}", f"wa={word} {after}",
            f"bs={shapes[at - 1]} {shape}", f"sa={shape} {shapes[at + 1]}", f"b2={words[at - 2]} {before}",
            f"a2={after} {words[at + 2]}", f"bs3={shapes[at - 2]} {shapes[at - 1]} {shape}",
            f"bws={before} {shape}", f"was={after} {shape}", f"h={heads[at - 2]} {shape}",
        ])  # fmt: skip
    return rows


def _shape(word: str) -> str:
    kinds = re.sub(r"[^\W\d_]", lambda m: "X" if m[0].isupper() else "x", re.sub(r"\d", "9", word))
    return re.sub(r"(.)\1{2,}", r"\1\1\1", kinds)


def _line_heads(text: Text) -> list[str]:
    """The first token of the line that each token is in."""
    heads: list[str] = []
    for at, (word, (begin, _)) in enumerate(zip(text.words, text.spans, strict=True)):
        new = at == 0 or "\n" in text.text[text.spans[at - 1][1] : begin]
        heads.append(word.casefold() if new else heads[-1])
    return heads
