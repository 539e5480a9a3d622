"""What a judge's ratings mean: the output of its jobs, read strictly, and whether a round counts at all."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from distillery.core.escaping import one_line
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.judge import JudgeScale
from distillery.evaluation.scoring.judging import METRIC, SCALES, Job, Round

TOO_HIGH = Fraction(1, 2)
"""A planted bad answer with this rating, or a higher one, voids the round."""
VOID = "the round is void"
UNCHECKED = "the judge rated none of the planted bad answers of its job, so nothing shows whether its ratings count"
LONGEST_REASON, LONGEST_NUMBER = 1_000, 10
NAN = Decimal("NaN")
_TAG = re.compile(r"<answer (?P<code>[0-9a-f]{16})>")


class UnknownOutput(ValueError):
    """The output of a job is not about its input. The message continues a sentence: "the job …"."""


def ratings(job: Job, scale: JudgeScale, outputs: Iterable[bytes]) -> dict[str, Grade | str]:
    """What the judge said about each line of a job, by its code.

    Args:
        outputs: The bodies of all `*_output.jsonl` files of the job.

    Raises:
        UnknownOutput: A line belongs to no answer of the job, or two to one. A missing line is not an error: its answer
            is unscored.
    """
    lines = {line.code: line for line in job.lines}
    found: dict[str, Grade | str] = {}
    for record in _records(outputs):
        code = _code(record)
        if code not in lines:
            raise UnknownOutput("returned a line about an answer that it was not given")
        if code in found:
            raise UnknownOutput("returned two lines about one answer")
        found[code] = _rating(record, scale)
    absent = f"the judge returned {len(found)} of {len(lines)} answers, and not this one"
    return {code: found.get(code, absent) for code in lines}


def _records(outputs: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    for body in outputs:
        for text in body.split(b"\n"):
            if not text.strip():
                continue
            try:
                record = json.loads(text, parse_float=Decimal, parse_int=Decimal)
            except (ValueError, RecursionError):
                raise UnknownOutput("returned a line that is not JSON") from None
            if not isinstance(record, dict):
                raise UnknownOutput("returned a line that is no object")
            yield record


def _code(record: Mapping[str, Any]) -> str:
    responses = _objects(record.get("modelResponses"))
    response = responses[0].get("response") if len(responses) == 1 else None
    tag = _TAG.search(response) if isinstance(response, str) else None  # the first is ours: answers stand behind it
    if tag is None:
        raise UnknownOutput("returned a line without the answer")
    return tag["code"]


def _rating(record: Mapping[str, Any], scale: JudgeScale) -> Grade | str:
    result = record.get("automatedEvaluationResult")
    scores = _objects(result.get("scores")) if isinstance(result, dict) else []
    # others report custom metrics without a name; the job has one metric, so that no other can be meant
    own = [each for each in scores if each.get("metricName") in (METRIC, None)]
    if len(own) != 1:
        return f"the judge returned {len(own)} ratings"
    value = own[0].get("result")
    if value is None:
        return "the judge could not rate it"
    rating = _number(value)
    if rating not in SCALES[scale].values():
        return f"the judge returned {one_line(value, 40)}, which is not on its scale"
    return Grade(score=Fraction(rating), reason="" if rating == 1 else _explanation(own[0]))


def _number(value: Any) -> Decimal:
    """The number, which may be written as text; NaN for anything else, which is on no scale."""
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER:
        try:
            value = Decimal(value)
        except InvalidOperation:
            return NAN
    return value if isinstance(value, Decimal) and value.is_finite() else NAN


def _explanation(score: Mapping[str, Any]) -> str:
    details = _objects(score.get("evaluatorDetails"))
    text = details[0].get("explanation") if len(details) == 1 else None
    return one_line(text, LONGEST_REASON) if isinstance(text, str) else "rated by the judge, without an explanation"


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing of anything else."""
    return value if isinstance(value, list) and all(isinstance(each, dict) for each in value) else []


def settled(judged: Round, said: Sequence[Mapping[str, Grade | str] | str]) -> dict[str, Grade | str]:
    """The scores of a round, by key. Without ratings of planted bad answers, nothing shows that a job's others count.

    Args:
        said: For each job what `ratings` returned, or why it has no output.
    """
    checked = [
        UNCHECKED if not isinstance(rated, str) and _is_unchecked(job, rated) else rated
        for job, rated in zip(judged.jobs, said, strict=True)
    ]
    if void := _void(judged, checked):
        return dict.fromkeys(judged.keys, void)
    found: dict[str, Grade | str] = dict(judged.known)
    for job, rated in zip(judged.jobs, checked, strict=True):
        for line in job.lines:
            if not line.planted:
                found[line.key] = rated if isinstance(rated, str) else rated[line.code]
    return found


def is_void(found: Grade | str) -> bool:
    """Whether an answer has no score because the round is void."""
    return isinstance(found, str) and found.startswith(VOID)


def _is_unchecked(job: Job, rated: Mapping[str, Grade | str]) -> bool:
    return all(isinstance(rated[line.code], str) for line in job.lines if line.planted)


def _void(judged: Round, said: Sequence[Mapping[str, Grade | str] | str]) -> str:
    """Why nothing in the round counts; empty if it does."""
    for job, rated in zip(judged.jobs, said, strict=True):
        if isinstance(rated, str):
            continue
        for line in (each for each in job.lines if each.planted):
            grade = rated[line.code]
            if isinstance(grade, Grade) and grade.score >= TOO_HIGH:
                return f"{VOID}: the judge gave {float(grade.score):g} to a planted bad answer ({line.key})"
    return ""
