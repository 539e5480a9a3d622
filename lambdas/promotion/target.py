"""Where the road leads: which model shall be live, by which recipe, and why it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger.ledger import Ledger
from distillery.core.lineage import model_of
from distillery.core.pipeline import Alias, Run, Student, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire

T = TypeVar("T")
ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """recipe: the one that made the model, so that its base and hosting are the model's. mover: who asks."""

    recipe: Recipe
    model_arn: str
    run: str
    mover: str


def target(road: Mapping[str, Any], ledger: Ledger) -> Target:
    """The only way to a live endpoint: a passed verdict, or a roll-back to a model that had one.

    Raises BadRequest where the verdict is missing or did not pass, NothingToRollBack.
    """
    if road.get("action") == ROLLBACK:
        return _previous(part(road, "alias", Alias), str(road.get("holder")), ledger)
    run, verdict = part(road, "run", Run), part(road, "verdict", Verdict)
    if not verdict.passed:
        raise BadRequest(f"run {run.id} did not pass its verdict ({'; '.join(verdict.reasons)}); it is never promoted")
    student = part(road, "student", Student)
    return Target(recipe=run.recipe, model_arn=student.model_arn, run=run.id, mover=run.id)


def part(road: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """What a stage left on the road. Raises BadRequest where it did not pass there."""
    if name not in road:
        raise BadRequest(f"the road has no {name!r}, only {sorted(road)}; that step has to come first")
    return from_wire(kind, road[name])


def _previous(alias: Alias, holder: str, ledger: Ledger) -> Target:
    """The run that made the previous model is in the ledger, with the recipe that it had then."""
    if alias.previous is None:
        raise NothingToRollBack(f"recipe {alias.recipe!r} has had one model only, {alias.current}")
    for record in ledger.runs(alias.recipe):
        if model_of(record) == alias.previous:
            return Target(recipe=record.run.recipe, model_arn=alias.previous, run=record.run.id, mover=holder)
    raise NothingToRollBack(f"no run in the ledger made {alias.previous}, the previous model of {alias.recipe!r}")
