"""The kind of a task, inferred from its training answers alone, and the student of that kind."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from bedrock_simulator.models.learners import labels, objects, passages, tables
from bedrock_simulator.models.learners.extraction import Extractor
from bedrock_simulator.models.learners.labels import Pairs
from bedrock_simulator.models.learners.quotation import Selector

FREE_TEXT_SHARE = 0.5
MOST = 0.8  # share of the answers that are objects, or quote their prompts, from which the task is of that kind
COMPUTED = 0.5  # share of the answers that a calculation with the prompt's table gives, from which it is of numbers
SAMPLE = 400  # answers that are looked at


class Kind(StrEnum):
    """What the answers of a task are."""

    LABEL = "label"
    OBJECT = "object"
    QUOTATION = "quotation"
    NUMBER = "number"
    TEXT = "text"


class Student(Protocol):
    """Answers prompts."""

    def answer(self, question: str) -> str:
        """Returns the answer, plain text."""


def kind_of(pairs: Pairs) -> Kind:
    """Returns the kind of most answers."""
    sample = pairs[:: max(1, len(pairs) // SAMPLE)]
    if _share([objects.parse(answer) is not None for _, answer in sample]) >= MOST:
        return Kind.OBJECT
    repeat = len({answer for _, answer in pairs}) <= FREE_TEXT_SHARE * len(pairs)
    if _share([_quotes(*pair, marked=repeat) for pair in sample]) >= MOST:
        return Kind.QUOTATION
    if repeat:
        return Kind.LABEL
    computed = [bool(tables.explanations(*pair)) for pair in sample]
    return Kind.NUMBER if _share(computed) >= COMPUTED else Kind.TEXT


def train(pairs: Pairs) -> Student:
    """Trains a student on these pairs only."""
    worded = any(re.search(r"\w", question) for question, _ in pairs)
    if len({answer for _, answer in pairs}) == 1 or not worded:
        return labels.classify(pairs)
    return _STUDENTS[kind_of(pairs)](pairs)


_STUDENTS: Mapping[Kind, Callable[[Pairs], Student]] = {
    Kind.LABEL: labels.Classifier,
    Kind.OBJECT: Extractor,
    Kind.QUOTATION: Selector,
    Kind.NUMBER: tables.Calculator,
    Kind.TEXT: labels.Nearest,
}


def _quotes(question: str, answer: str, *, marked: bool) -> bool:
    """Whether an answer quotes its prompt; `marked` quotations have quotation marks, as labels that repeat do not."""
    quoted = passages.quotations(answer) or ([] if marked else [answer])
    sentences = passages.read(question).sentences if quoted else ()
    return any(passages.source_of(each, sentences) is not None for each in quoted)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
