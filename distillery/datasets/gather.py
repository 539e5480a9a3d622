"""Reads an upload as its recipe wants it: which rules its student sets, and what becomes of bad lines."""

from collections.abc import Iterable

from distillery.core import catalog
from distillery.core.curation import MOST_TO_CHOOSE_FROM, TooMany
from distillery.core.limits import MAX_PROMPTS
from distillery.core.recipe import BadLines, MixedLabels, Recipe
from distillery.datasets.validation.dataset_checks import TOGETHER, judge_files
from distillery.datasets.validation.finding import Finding
from distillery.datasets.validation.prompts import Prompts
from distillery.datasets.validation.reading import Opened, Reading
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import whole


def rules_for(student: str, *, answer: int = 0) -> Rules:
    """What the student's family and context ask of lines. answer: tokens of an answer. Raises UnknownModel."""
    return Rules(
        multi_turn=catalog.model(student).multi_turn_distillation,
        context=catalog.student_context(student),
        answer=answer,
    )


def _of_use(recipe: Recipe) -> int:
    """So many different prompts; more are refused."""
    if recipe.curation.too_many is TooMany.SELECT:
        return MOST_TO_CHOOSE_FROM
    return MAX_PROMPTS + recipe.heldout_max


def gather(files: Iterable[Opened], recipe: Recipe) -> Reading:
    """What the files hold: as many different prompts as can be of use, and everything that is wrong."""
    put_aside = recipe.max_bad_lines if recipe.bad_lines is BadLines.QUARANTINE else 0
    rules = rules_for(recipe.student, answer=recipe.max_answer_tokens)
    reading = Reading(rules, Prompts(keep=_of_use(recipe)), put_aside=put_aside)
    reading.read(files)
    refused = recipe.mixed_labels is MixedLabels.REJECT
    judge_files(reading, mixed_labels=whole.MIXED_LABELS_REFUSED if refused else whole.MIXED_LABELS)
    if put_aside < reading.tally.bad and recipe.bad_lines is BadLines.QUARANTINE:
        wrong = f"{reading.tally.bad} lines are bad; {put_aside} may be put aside"
        reading.findings.add(Finding(whole.TOO_MANY_BAD_LINES, TOGETHER, wrong))
    return reading
