"""Everything about an upload that is known before anything is written or spent: the same at the desk and in Lambda."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from distillery.core.estimate import Estimate, estimate
from distillery.core.recipe import Recipe
from distillery.datasets.gather import gather
from distillery.datasets.prepared import Prepared, prepare
from distillery.datasets.validation.reading import Opened, Reading


@dataclass(slots=True)
class Progress:
    """How far an upload came: what its report can tell."""

    recipe: str
    reading: Reading | None = None
    prepared: Prepared | None = None
    estimated: Estimate | None = None


def examine(files: Iterable[Opened], recipe: Recipe, progress: Progress, *, region: str, on: date) -> None:
    """Fills `progress`, as far as it comes. region, on: where and when the run would be. Raises Refused."""
    progress.reading = gather(files, recipe)
    progress.prepared = prepare(progress.reading, recipe)
    progress.estimated = estimate(recipe, progress.prepared.size, region=region, on=on)
