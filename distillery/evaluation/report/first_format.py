"""Reads the first format of `report.json`: three models, no intervals, and thresholds instead of tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Score
from distillery.core.serialization import from_wire
from distillery.evaluation.contestants import BASE, STUDENT, TEACHER
from distillery.evaluation.report.breakdown import by_reference, comparison, confusion
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.lineage import GraderUsed, Method
from distillery.evaluation.report.rows import AnswerRow, BarRow, ContestantRow, PriceRow, PromptRow

ROLES = (STUDENT, TEACHER, BASE)
AGAINST = {"min_share_of_teacher": TEACHER, "teacher_margin": TEACHER, "min_gain": BASE}
NOTE = "The report has the first format, which has no intervals: thresholds were compared with the scores themselves."
LABEL = "label"


def read_first(data: Mapping[str, Any]) -> Document:
    """The document in a report of the first format. Raises BadRequest if a key is missing or does not fit."""
    try:
        return _document(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"the report lacks or has a wrong {error}; judge the run again") from error


def _document(data: Mapping[str, Any]) -> Document:
    prompts = tuple(_prompt(row) for row in data["prompts"])
    labels = data["grader"] == LABEL
    return Document(
        run=str(data["run"]),
        recipe=_recipe(str(data["run"])),
        measure=str(data["measure"]),
        outcome=VerdictOutcome.PASSED if data["passed"] else VerdictOutcome.FAILED,
        contestants=tuple(_contestant(role, data, prompts) for role in ROLES),
        bars=tuple(_bar(bar) for bar in data["bars"]),
        prompts=prompts,
        reasons=tuple(str(reason) for reason in data["reasons"]),
        report_uri=str(data["report_uri"]),
        comparisons=tuple(comparison(prompts, against) for against in (BASE, TEACHER)),
        breakdowns=(found,) if labels and (found := by_reference(prompts)) else (),
        confusion={role: confusion(prompts, role) for role in ROLES} if labels else {},
        method=Method(
            graders=(GraderUsed(kind=str(data["grader"]), measure=str(data["measure"])),),
            notes=(NOTE,),
        ),
    )


def _recipe(run: str) -> str:
    """The recipe in a run id, `<recipe>-<recipe's digest>-<data's digest>-<attempt>`."""
    return run.rsplit("-", 3)[0]


def _prompt(row: Mapping[str, Any]) -> PromptRow:
    grades = row["grades"]
    answers = {role: {**answer, "score": grades.get(role)} for role, answer in row["answers"].items()}
    kept = {key: value for key, value in row.items() if key not in ("grades", "missing")}
    return from_wire(PromptRow, {**kept, "answers": answers})


def _contestant(role: str, data: Mapping[str, Any], prompts: Sequence[PromptRow]) -> ContestantRow:
    score, answers = from_wire(Score, data[role]), [row.answers[role] for row in prompts if role in row.answers]
    return ContestantRow(
        role=role,
        model=score.model,
        value=score.value,
        scored=len(answers),
        asked=len(prompts),
        missing=len(prompts) - len(answers),
        truncated=_count(answers, "truncated"),
        refused=_count(answers, "refused"),
        latency_ms=score.latency_ms,
        usd=score.usd,
        price=from_wire(PriceRow, data["prices"][role]),
    )


def _count(answers: Sequence[AnswerRow], what: str) -> int:
    return sum(bool(getattr(answer, what)) for answer in answers)


def _bar(bar: Mapping[str, Any]) -> BarRow:
    return BarRow(
        name=str(bar["name"]),
        needed=bar["needed"],
        value=bar["value"],
        outcome=VerdictOutcome.PASSED if bar["passed"] else VerdictOutcome.FAILED,
        meaning=str(bar["meaning"]),
        against=AGAINST.get(str(bar["name"]), ""),
    )
