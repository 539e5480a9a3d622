"""The student of JSON answers: it copies what a prompt states, and classifies what it does not.

A value that most prompts state (a number, a name, a date) is found by a span tagger; one of a few values, or one that
no prompt states, by a classifier. Absent values stay absent, as in the training answers. 700 prompts train in a
few seconds. No field is hard-coded: everything is inferred from the pairs.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from bedrock_simulator.models.learners import labels, objects, values
from bedrock_simulator.models.learners.labels import Pairs
from bedrock_simulator.models.learners.objects import ABSENT, ELEMENT, Node, Path
from bedrock_simulator.models.learners.tagger import OUTSIDE, UNDECIDED, Tagger

STATED = 0.3  # share of a field's values that prompts state, from which it is copied
CLOSED = 12  # distinct values up to which a field is classified
ALWAYS = 0.9  # share of stated values above which even a field of few values is copied, if it is no closed set
_ABSENT = "\x00absent"


class _Field(NamedTuple):
    form: str
    tag: int


class Extractor:
    """Answers with one JSON object."""

    def __init__(self, pairs: Pairs) -> None:
        read = [(question, answer, objects.parse(answer)) for question, answer in pairs]
        known = [(question, answer, value) for question, answer, value in read if value is not None]
        self._style = objects.style_of([answer for _, answer, _ in known])
        self._shape = objects.shape_of(value for *_, value in known)
        self._texts = [values.read(question) for question, *_ in known]
        self._values = [value for *_, value in known]
        self._fields: dict[Path, _Field] = {}
        self._classifiers: dict[Path, labels.Classifier | labels.Constant] = {}
        for path in objects.leaves(self._shape):
            self._learn(path)
        self._tagger = self._tag()
        del self._texts, self._values

    def answer(self, question: str) -> str:
        """Returns the object that the prompt describes."""
        text = values.read(question)
        found: dict[Path, list[tuple[int, float, Any]]] = {path: [] for path in self._fields}
        paths = {field.tag: path for path, field in self._fields.items()}
        for at, end, tag, score in self._tagger.spans(text) if self._tagger else []:
            value = values.FORMS[self._fields[paths[tag]].form](text.between(at, end), text.year)
            if value is not None:
                found[paths[tag]].append((at, score, value))
        written = self._build(self._shape, (), question, found)
        return self._style.write(written if isinstance(written, dict) else {})

    def _learn(self, path: Path) -> None:
        """Decides how a field is answered: copied, or classified."""
        stated, given = [], 0
        for text, value in zip(self._texts, self._values, strict=True):
            for each in objects.values_at(value, path):
                if each in (ABSENT, None) or isinstance(each, dict | list):
                    continue
                given += 1
                if places := values.positions(text, each):
                    stated.append((text.between(*places[0]), text.year, each))
        distinct = len({json.dumps(each) for *_, each in stated})
        share = len(stated) / given if given else 0.0
        few = distinct <= CLOSED and share < ALWAYS
        if stated and share >= STATED and not (few and ELEMENT not in path):
            self._fields[path] = _Field(values.form_of(stated), len(self._fields) + 1)
        elif ELEMENT not in path:
            self._classifiers[path] = self._classifier(path)
        elif given:
            self._classifiers[path] = labels.Constant(self._most_common(path))

    def _classifier(self, path: Path) -> labels.Classifier | labels.Constant:
        pairs = [
            (text.text, _encode(objects.values_at(value, path)[0]))
            for text, value in zip(self._texts, self._values, strict=True)
        ]
        return labels.classify(pairs)

    def _most_common(self, path: Path) -> str:
        return Counter(_encode(each) for value in self._values for each in objects.values_at(value, path)).most_common(
            1
        )[0][0]

    def _tag(self) -> Tagger | None:
        """Trains the tagger twice: first without values that a prompt states in several places, then with the likeliest
        of these."""
        if not self._fields:
            return None
        tags, open_places = [], []
        for text, value in zip(self._texts, self._values, strict=True):
            tagged, several = _tags(text, value, self._fields)
            tags.append(tagged)
            open_places.append(several)
        first = Tagger(self._texts, tags)
        if not any(open_places):
            return first
        for text, tagged, several in zip(self._texts, tags, open_places, strict=True):
            _resolve(first, text, tagged, several)
        return Tagger(self._texts, tags)

    def _build(self, node: Node, path: Path, question: str, found: dict[Path, list[tuple[int, float, Any]]]) -> Any:
        if node.kind == "object":
            members = {
                name: self._build(member, (*path, name), question, found) for name, member in node.members.items()
            }
            given = {name: value for name, value in members.items() if value is not ABSENT}
            return given if not path or any(each is not None for each in given.values()) else node.nothing
        if node.kind == "array" and ELEMENT not in path and node.element:
            elements = self._elements(node.element, (*path, ELEMENT), found)
            return elements if elements or node.counts["array"] >= node.counts["absent"] else node.nothing
        if path in self._classifiers:
            return _decode(self._classifiers[path].answer(question))
        copies = found.get(path, [])
        return max(copies, key=lambda each: each[1])[2] if copies else node.nothing

    def _elements(self, node: Node, path: Path, found: dict[Path, list[tuple[int, float, Any]]]) -> list[Any]:
        if node.kind != "object":
            inner = [value for _, _, value in found.get(path, [])]
            return [value for at, value in enumerate(inner) if value not in inner[:at]]
        names = [name for name in node.members if (*path, name) in self._fields]
        stated = sorted(
            ((at, name, value) for name in names for at, _, value in found[*path, name]), key=lambda each: each[0]
        )
        rows: list[dict[str, Any]] = []
        for _, name, value in stated:
            if not rows or name in rows[-1]:
                rows.append({})
            rows[-1][name] = value
        return [self._completed(node, path, row) for row in rows]

    def _completed(self, node: Node, path: Path, row: dict[str, Any]) -> dict[str, Any]:
        whole = {}
        for name, member in node.members.items():
            known = self._classifiers.get((*path, name))
            value = row.get(name, _decode(known.answer("")) if known else member.nothing)
            if value is not ABSENT:
                whole[name] = value
        return whole


def _tags(
    text: values.Text, value: Any, fields: dict[Path, _Field]
) -> tuple[list[int], list[tuple[int, list[tuple[int, int]]]]]:
    """Returns the tag of each token, and the places of those values of which the prompt states several."""
    tagged = [OUTSIDE] * len(text.words)
    several = []
    for path, (_, tag) in fields.items():
        for each in objects.values_at(value, path):
            places = [] if each is ABSENT else values.positions(text, each)
            free = [place for place in places if not any(tagged[place[0] : place[1]])]
            if len(free) > 1 and not _is_distinctive(each):
                several.append((tag, free))
                continue
            for at, end in free:
                tagged[at:end] = [tag] * (end - at)
    for _, free in several:
        for at, end in free:
            tagged[at:end] = [UNDECIDED if each == OUTSIDE else each for each in tagged[at:end]]
    return tagged, several


def _is_distinctive(value: Any) -> bool:
    """Whether all places of a value mean it: a long string, but no number and no short word."""
    return isinstance(value, str) and len(value) > 4


def _resolve(
    tagger: Tagger, text: values.Text, tagged: list[int], several: Sequence[tuple[int, list[tuple[int, int]]]]
) -> None:
    """Tags the likeliest place of each value that the prompt states in several."""
    if not several:
        return
    scores, tags = tagger.scores(text)
    for tag, places in several:
        free = [place for place in places if all(each == UNDECIDED for each in tagged[place[0] : place[1]])]
        if not free or tag not in tags:
            continue
        column = tags.index(tag)
        at, end = max(free, key=lambda place: float(scores[place[0] : place[1], column].mean()))
        tagged[at:end] = [tag] * (end - at)
    tagged[:] = [OUTSIDE if each == UNDECIDED else each for each in tagged]


def _encode(value: Any) -> str:
    return _ABSENT if value is ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=False)


def _decode(written: str) -> Any:
    return ABSENT if written == _ABSENT else json.loads(written)
