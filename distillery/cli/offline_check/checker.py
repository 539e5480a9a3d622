"""Checks the files of one source: for any model, for a student, or for a recipe with the cost of its run."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distillery import WHEEL, WHEEL_SOURCE
from distillery.core import clock
from distillery.core.errors import BadRequest, Refused
from distillery.core.limits import MAX_PROMPTS
from distillery.datasets.report import UploadStatus, upload_report, validation_report
from distillery.datasets.validation.fast_path import LineLimits, to_prompt
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

if TYPE_CHECKING:
    from distillery.core.recipe import Recipe
    from distillery.datasets.curation.near_duplicates import Progress
    from distillery.datasets.golden import ExaminedGolden


@dataclass(frozen=True, slots=True)
class RecipeRun:
    """A run of a recipe, with the Region and the day that decide its rules and its price.

    golden: the recipe's golden set, if its file was given.
    """

    recipe: "Recipe"
    region: str
    on: date
    golden: "ExaminedGolden | None" = None


def recipe_run(environment: str, name: str) -> RecipeRun:
    """Returns a run that starts today, by the environment's file, deployed or not.

    Raises:
        BadRequest: The environment has no such recipe.
        ConfigError: The file cannot be read, or synth would refuse the recipe, whose run cannot be foreseen then.
    """
    try:
        from distillery.settings.checks import findings
        from distillery.settings.finding import ConfigError
        from distillery.settings.reading import parse, read
    except ModuleNotFoundError as error:  # pydantic, which the hook for pre-commit does not install
        raise BadRequest(
            f"--recipe needs the package {error.name}: pip install '{WHEEL}[cli]'; {WHEEL_SOURCE}; or pass --student"
        ) from error
    settings = parse(read(environment), environment)
    if name not in settings.recipes:
        has = f"environments/{environment}.toml has {sorted(settings.recipes)}"
        raise BadRequest(f"there is no recipe {name!r}; {has}")
    on = clock.now().date()
    if refused := [found for found in findings(settings, on) if found.where.startswith(f"recipes.{name}.")]:
        raise ConfigError(environment, refused)
    return RecipeRun(settings.recipes[name], settings.home_region, on)


def golden_of(body: bytes, recipe: "Recipe", file: Path) -> "ExaminedGolden":
    """Examines a golden set on this machine. Raises DatasetRejected."""
    from distillery.datasets.examine import line_limits
    from distillery.datasets.golden import examine_golden
    from distillery.evaluation.preview import needing_references

    limits = line_limits(recipe.student, answer=recipe.max_answer_tokens)
    needing = needing_references(recipe)
    return examine_golden(body, recipe, limits, needing=needing, uri=str(file), what=f"the golden set {file}")


def student_limits(student: str | None) -> LineLimits:
    """Returns the limits of a student; for None, those that hold for every student. Raises BadRequest."""
    if student is None:
        return LineLimits()
    from distillery.core.catalog import UnknownModel
    from distillery.datasets.examine import line_limits  # the catalog

    try:
        return line_limits(student)
    except UnknownModel as unknown:
        raise BadRequest(str(unknown)) from unknown


def check_files(files: Iterable[InputFile], limits: LineLimits) -> dict[str, Any]:
    """Returns the report of files that Bedrock gets unchanged, and which grader fits their reference answers."""
    reader = DatasetReader(replace(limits, as_job_input=True), PromptIndex(MAX_PROMPTS))
    reader.read(files)
    reader.check_files()
    reader.check_as_job_input()
    status = UploadStatus.REJECTED if reader.findings.errors else UploadStatus.ACCEPTED
    report = {"status": status.value} | validation_report(reader)
    fits = None if reader.findings.errors else _fitting_kind(reader)
    return report | {"graders": {"fits": fits}} if fits else report


def _fitting_kind(reader: DatasetReader) -> str | None:
    """Returns the kind of grader that fits the references; None if there are too few, or more than a job takes."""
    from distillery.evaluation.graders.fit import fitting_kind, spread  # for a good file only

    prompts = [to_prompt(texts, answer) for texts, answer in spread(list(reader.prompts.answers.items()))]
    kind = fitting_kind(prompts)
    return None if kind is None else kind.value


def check_for_recipe(files: Iterable[InputFile], run: RecipeRun, progress: "Progress | None") -> dict[str, Any]:
    """Returns the report that the dataset stage would write for an upload of these files, at the same prices.

    Args:
        files: The upload.
        run: The recipe, and where and when its job would run.
        progress: Called with the number of prompts that are compared, and of all.
    """
    from distillery.datasets.examine import Examination, amount_over_budget, examine  # the catalog and its prices
    from distillery.evaluation.preview import Heldout, preview  # NumPy

    examination = Examination(run.recipe.name)
    try:
        prepared, estimated = examine(
            files, run.recipe, examination, region=run.region, on=run.on, progress=progress, golden=run.golden
        )
        heldout = Heldout(prompts=prepared.size.heldout, families=prepared.families, labelled=prepared.labelled)
        foreseen = preview(run.recipe, examination.prompts, heldout, golden=prepared.size.golden)
        examination.foresee(foreseen.described, foreseen.warnings)
        over_budget = amount_over_budget(run.recipe, estimated)
    except Refused as refused:
        if examination.reader is None:  # nothing could be read, so that there is no report
            raise
        return upload_report(UploadStatus.of(refused), examination, str(refused))
    status = UploadStatus.AWAITING if over_budget else UploadStatus.ACCEPTED
    return upload_report(status, examination, over_budget)
