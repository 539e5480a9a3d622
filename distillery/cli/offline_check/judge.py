"""Checks one source: as it is, for a student, or for a recipe with what its run would cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from distillery.core.errors import Refused
from distillery.datasets.report import UploadStatus, upload_report, validation_report
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

if TYPE_CHECKING:
    from distillery.core.recipe import Recipe
    from distillery.datasets.validation.fast_path import LineLimits


@dataclass(frozen=True, slots=True)
class ForRecipe:
    """region, on: where and when the run would be."""

    recipe: "Recipe"
    region: str
    on: date


def as_it_is(files: Iterable[InputFile], limits: "LineLimits") -> dict[str, Any]:
    """The report of files that are handed to Bedrock as they are."""
    reader = DatasetReader(limits, PromptIndex())
    reader.read(files)
    reader.check_files()
    reader.check_as_job_input()
    status = UploadStatus.REJECTED if reader.findings.errors else UploadStatus.ACCEPTED
    return {"status": status.value} | validation_report(reader)


def for_recipe(files: Iterable[InputFile], wanted: ForRecipe) -> dict[str, Any]:
    """The report that the dataset stage would write of an upload of these files, at the same prices."""
    from distillery.datasets.examine import Examination, amount_over_budget, examine  # the catalog and its prices

    examination = Examination(wanted.recipe.name)
    try:
        _, estimated = examine(files, wanted.recipe, examination, region=wanted.region, on=wanted.on)
        over_budget = amount_over_budget(wanted.recipe, estimated)
    except Refused as refused:
        if examination.reader is None:  # nothing could be read: no report, a sentence
            raise
        return upload_report(UploadStatus.of(refused), examination, str(refused))
    status = UploadStatus.AWAITING if over_budget else UploadStatus.ACCEPTED
    return upload_report(status, examination, over_budget)
