"""Which way a promotion takes. The only place that decides it."""

from collections.abc import Iterator
from datetime import date

from distillery.core.promotions import AdmittedRecord, Way
from distillery.core.recipe import Recipe
from distillery.records.refusal import Refusal, refused
from distillery.records.ways import Place, ways


def choose_way(record: AdmittedRecord, recipe: Recipe, target: Place, on: date) -> Way:
    """The first possible way, in the order of preference.

    Args:
        record: What the target keeps of the record.
        recipe: The target's.
        target: Where the target is.
        on: The day, for what the catalog offers.

    Raises:
        RecordRefused: No way is possible.
    """
    source = Place(
        environment=record.environment, account=record.account, region=record.region, keeps_data=record.keeps_data
    )
    obstacles = []
    for option in ways(recipe, source, target, on):
        found = [option.reason] if not option.possible else [*_obstacles(record)]
        if not found:
            return option.way
        obstacles += found
    raise refused(
        Refusal.NO_WAY,
        f"no way leads to a student in {target.environment}: {'; '.join(obstacles)}; change what the reason names, or "
        "promote another run",
    )


def _obstacles(record: AdmittedRecord) -> Iterator[str]:
    """What the catalog does not know: every way needs the data set, at least to judge the student."""
    if not (record.training_sha256 and record.heldout_sha256):
        yield (
            f"the record of run {record.run} names no files of prompts, because its job read invocation logs itself: "
            f"set how = 'read' in its logs in {record.environment}, and run the recipe there again"
        )
