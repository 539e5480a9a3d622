"""One source, judged: as it is, for a student, or for a recipe with what its run would cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from distillery.core.errors import Refused
from distillery.datasets.validation.dataset_checks import judge_as_they_are, judge_files
from distillery.datasets.validation.prompts import Prompts
from distillery.datasets.validation.reading import Opened, Reading
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.summary import summary

if TYPE_CHECKING:
    from distillery.core.recipe import Recipe

ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class ForRecipe:
    """region, on: where and when the run would be."""

    recipe: "Recipe"
    region: str
    on: date


def as_it_is(files: Iterable[Opened], rules: Rules) -> dict[str, Any]:
    """The report of files that are handed to Bedrock as they are."""
    reading = Reading(rules, Prompts())
    reading.read(files)
    judge_files(reading)
    judge_as_they_are(reading)
    return {"status": REJECTED if reading.findings.errors else ACCEPTED} | summary(reading)


def for_recipe(files: Iterable[Opened], wanted: ForRecipe) -> dict[str, Any]:
    """The report that the dataset stage would write of an upload of these files, at the same prices."""
    from distillery.datasets.answer import Status, status_of
    from distillery.datasets.budget import above_budget
    from distillery.datasets.examine import Progress, examine  # the catalog and its prices
    from distillery.datasets.report import report

    progress = Progress(wanted.recipe.name)
    try:
        examine(files, wanted.recipe, progress, region=wanted.region, on=wanted.on)
        assert progress.estimated is not None
        above = above_budget(wanted.recipe, progress.estimated)
    except Refused as refused:
        if progress.reading is None:  # nothing could be read: no report, a sentence
            raise
        return report(status_of(refused), progress, str(refused))
    return report(Status.AWAITING if above else ACCEPTED, progress, above)
