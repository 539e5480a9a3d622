"""The recorded answers of an environment, in one SSM parameter of its home Region.

/distillery/dev/first-contact = {"version": 1, "answers": [{"question": "missing-job", "answer": "…", …}]}
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from distillery.core.aws import AWS_ERRORS
from distillery.core.errors import BadRequest
from distillery.core.names import Names
from distillery.core.parameters import read_parameter, write_parameter
from distillery.core.serialization import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

VERSION = 1
PARAMETER_BYTES = 4096
"""The size of a standard parameter (SSM PutParameter)."""
DETAIL_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        question: Id of the question.
        answer: `yes`, `no`, or a code or list; which ones mean something is in the question.
        at: When it was asked, ISO 8601.
        detail: What was seen, such as the models that it is about.
    """

    question: str
    answer: str
    at: str
    detail: str = ""


def read(ssm: "SSMClient", names: Names) -> dict[str, Answer]:
    """The answers by question. None of a later version, or of a parameter that somebody else wrote."""
    text = read_parameter(ssm, names.first_contact)
    return {} if text is None else _parsed(text)


def _parsed(text: str) -> dict[str, Answer]:
    try:
        found = json.loads(text)
        listed = found["answers"] if found["version"] == VERSION else []
        return {each.question: each for each in (from_wire(Answer, one) for one in listed)}
    except (ValueError, LookupError, TypeError, BadRequest):
        return {}


def recorded(ssm: "SSMClient", names: Names, question: str) -> Answer | None:
    """The answer to one question; None where there is none, or where it cannot be read: an answer is a help, and its
    absence must stop nothing."""
    try:
        return read(ssm, names).get(question)
    except AWS_ERRORS:
        return None


def record(ssm: "SSMClient", names: Names, answers: Iterable[Answer]) -> Mapping[str, Answer]:
    """Adds answers to those that were recorded before, and returns all."""
    every = read(ssm, names) | {each.question: each for each in answers}
    longest = DETAIL_MAX
    while len(text := _text(every, longest)) > PARAMETER_BYTES and longest:
        longest //= 2
    description = "What AWS answered to questions that its documents leave open; written by distillery doctor"
    write_parameter(ssm, names.first_contact, text, description=description)
    return every


def _text(every: Mapping[str, Answer], longest: int) -> str:
    kept = [to_wire(replace(each, detail=each.detail[:longest])) for _, each in sorted(every.items())]
    return json.dumps({"version": VERSION, "answers": kept})
