"""What to do after a verdict, in sentences. Advice names a cause that the report shows; without one there is none."""

from collections.abc import Iterator

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.contestants import STUDENT, TEACHER
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.rows import Unit, name
from distillery.evaluation.report.sentence import exact_percent

MANY = 0.02
"""The share of truncated or missing answers from which a score says little."""


def advice(document: Document) -> tuple[str, ...]:
    """What a person can do next, the most likely cause first."""
    return tuple(_advice(document))


def _advice(document: Document) -> Iterator[str]:
    yield from _measurement(document)
    if document.outcome is VerdictOutcome.PASSED:
        return
    failed = {bar.name for bar in document.bars if bar.outcome is VerdictOutcome.FAILED}
    golden = {bar.name for bar in document.bars if bar.golden}
    if failed & golden:
        yield from _of_golden_set(document)
    failed -= golden
    if "live_margin" in failed:
        yield "The live model is better and stays: train on prompts like those where the student loses."
    elif failed:
        yield "Look at the prompts where another model is better than the student: they show what to train on."
    if document.outcome is VerdictOutcome.INCONCLUSIVE and document.more_prompts:
        yield (
            f"Hold out about {document.more_prompts:,} more prompts (heldout_share, heldout_max), and run the recipe "
            "again."
        )


def _of_golden_set(document: Document) -> Iterator[str]:
    needed = next((bar.needed for bar in document.bars if bar.golden and not bar.against), 0.0)
    rows = {one.role: one for one in document.golden}
    teacher, student = rows.get(TEACHER), rows.get(STUDENT)
    if teacher and teacher.value is not None and teacher.value < needed:
        yield (
            f"The teacher itself has {exact_percent(teacher.value)} on the golden set, below the "
            f"{exact_percent(needed)} that golden_min_score needs: choose another teacher, or check the references."
        )
    if student and student.missed:
        yield (
            f"An examiner can look up the {len(student.missed):,} golden prompts that the student missed, and say "
            "what kind of prompts the training data need; the golden prompts themselves are never trained on."
        )


def _measurement(document: Document) -> Iterator[str]:
    """What is wrong with the measurement itself comes first: no student could pass."""
    teacher = document.contestant(TEACHER)
    floor = next((bar for bar in document.bars if bar.name == "min_score" and bar.unit is Unit.SHARE), None)
    if teacher and teacher.value is not None and floor and not floor.passed and teacher.value < floor.needed:
        yield (
            f"The teacher itself has {exact_percent(teacher.value)}, below the {exact_percent(floor.needed)} that "
            "min_score needs: compare some references with its answers, and check whether the grader fits them."
        )
    for one in document.contestants:
        if one.truncated > MANY * one.asked:
            yield (
                f"{one.truncated:,} of {one.asked:,} answers of {_whose(one.role)} were cut off: "
                "raise max_answer_tokens."
            )
        if one.missing > MANY * one.asked:
            yield (
                f"{one.missing:,} of {one.asked:,} answers of {_whose(one.role)} are missing: "
                "look for throttling or refused access, and evaluate again."
            )


def _whose(role: str) -> str:
    return f"the {name(role)}" if role in (STUDENT, TEACHER) else name(role)
