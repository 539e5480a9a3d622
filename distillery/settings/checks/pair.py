"""Teachers and students that Bedrock does not distil."""

from collections.abc import Iterable, Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Model, Pair
from distillery.settings.checks.model_usage import judged, known_recipes
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding


def check_pairs(settings: Settings, on: date) -> Iterator[Finding]:
    """Each recipe's pair is one that Bedrock offers in the home Region on the day."""
    home = settings.home_region
    for name, _, teacher, student in known_recipes(settings):
        day = judged(on, home, teacher, student)
        if wrong := _wrong(teacher, student, home, day):
            yield Finding(
                where=f"recipes.{name}.student",
                wrong=wrong,
                allowed=_offered(teacher, home, on),
                fix="choose one of these pairs" + _elsewhere(catalog.pair(teacher.id, student.id), home),
            )


def _wrong(teacher: Model, student: Model, home: str, day: date) -> str | None:
    pair = catalog.pair(teacher.id, student.id)
    if pair is None:
        return f"Bedrock does not distil {teacher.id!r} into {student.id!r}"
    if home not in pair.regions:
        where = ", ".join(sorted(pair.regions))
        return f"Bedrock distils {teacher.id!r} into {student.id!r} in {where} only, and home_region is {home!r}"
    if not pair.on_offer(day):
        return f"Bedrock distils {teacher.id!r} into {student.id!r} from {pair.first} to {pair.last or 'today'}"
    return None


def _offered(teacher: Model, home: str, on: date) -> str:
    """The teacher's students in the home Region on the day; if it has none the pairs there, and then everywhere."""
    offered = catalog.pairs(home, on)
    students = [pair for pair in offered if pair.teacher == teacher.id]
    if offered:
        return f"in {home} on {on}: {_listed(students or offered)}"
    others = sorted({region for pair in catalog.pairs(on=on) for region in pair.regions})
    elsewhere = "".join(f"; in {region}: {_listed(catalog.pairs(region, on))}" for region in others)
    return f"in {home} on {on}: no pair{elsewhere}"


def _listed(pairs: Iterable[Pair]) -> str:
    return "; ".join(f"{pair.teacher} into {pair.student}" for pair in pairs)


def _elsewhere(pair: Pair | None, home: str) -> str:
    regions = sorted(pair.regions) if pair and home not in pair.regions else []
    return f", or set home_region = {regions[0]!r}" if regions else ""
