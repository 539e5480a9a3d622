"""Empties an environment in passes, as `distillery clean` asks: whatever nothing keeps is deleted.

{"delete": true, "retire": false}
→ {"deleted": ["arn:…"], "left": [{"kind": "endpoint", "arn": …, "costs": …, "kept": "", "command": ""}]}

Nothing is deleted without `delete`. `left` is read after the deletions, so a caller repeats the request until it has
nothing that may go. Each recipe is locked while what it has is deleted: no run begins to need it meanwhile.
Runs are stopped by `stop`, and aliases deleted by `retire`, which record who asked and why; neither is done here.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from distillery.core import clock
from distillery.core.boundary import get_logger
from distillery.core.env_vars import Variable, is_set
from distillery.core.errors import RunActive
from distillery.core.function_url import Caller
from distillery.core.inventory import Inventory, Resource, take_inventory
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.serialization import to_wire
from lambdas.teardown.leftovers import Leftover, LeftoverKind, Leftovers
from lambdas.teardown.remaining import Environment
from lambdas.teardown.retirement import EnvironmentRetirement

log = get_logger(__name__)
R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRequest:
    """A request.

    Attributes:
        delete: Whether to delete; else what is left is only listed.
        retire: Whether aliases, leases and runs that wait for a decision keep nothing. Aliases are deleted by `retire`
            alone, and what their recipes have only after them.
    """

    delete: bool = False
    retire: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentCleaning:
    environment: Environment

    @classmethod
    def of_function(cls) -> Self:
        """What the function's environment variables configure."""
        return cls(Environment.of_function())

    def clean(self, request: CleanRequest, by: Caller) -> dict[str, Any]:
        """One pass: what was deleted, or has begun to be, and what is left then."""
        left = self._left(request)
        deleted = list(self._delete(left)) if request.delete else []
        if deleted:
            log.info("%s deleted %s", by.arn, ", ".join(deleted))
            left = self._left(request)
        return {"deleted": deleted, "left": [to_wire(each) for each in left]}

    def _left(self, request: CleanRequest) -> tuple[Leftover, ...]:
        may_stop = is_set(Variable.JUDGES)
        return Leftovers(self.environment, clock.now(), retire=request.retire, may_stop_judges=may_stop).list()

    def _delete(self, left: Sequence[Leftover]) -> Iterator[str]:
        """The names of what was deleted. Recipes that something works on, or that serve, are left to a later pass."""
        busy = {each.recipe for each in left if each.kind in (LeftoverKind.RUN, LeftoverKind.ALIAS)}
        free = [
            each
            for each in left
            if not each.kept and each.kind not in (LeftoverKind.RUN, LeftoverKind.ALIAS, LeftoverKind.PARAMETER)
        ]
        held = take_inventory(self.environment.names, self.environment.bedrock) if free else Inventory()
        for recipe in sorted({each.recipe for each in free} - busy):
            yield from self._of_recipe(recipe, [each for each in free if each.recipe == recipe], held)
        if all(each.kind is LeftoverKind.PARAMETER for each in left):
            yield from self.environment.parameters.delete()

    def _of_recipe(self, recipe: str, free: Sequence[Leftover], held: Inventory) -> Iterator[str]:
        """What was deleted of a recipe, or of none: then nothing can be locked, and no run needs it."""
        if not recipe:
            yield from self._in_order(free, held)
            return
        ledger, holder = self.environment.ledger, new_holder(HolderKind.RETIREMENT, recipe, clock.now())
        try:
            ledger.lock(recipe, holder)
        except RunActive as active:
            log.info("left to the next pass: %s", active)
            return
        try:
            if recipe not in self.environment.aliases():  # nothing became live before the lock
                yield from list(self._in_order(free, held))
        finally:
            ledger.unlock(recipe, holder)

    def _in_order(self, free: Sequence[Leftover], held: Inventory) -> Iterator[str]:
        """A model goes once no job makes it and no endpoint serves it, and leases last: they keep what serves."""
        arns, deletion = {each.arn for each in free}, EnvironmentRetirement(self.environment)
        used = False
        for job in _among(held.jobs, arns):
            used = True
            deletion.stop_job(job)
            yield job.name
        for endpoint in _among(held.endpoints, arns):
            used = True
            if deletion.release_endpoint(endpoint):
                yield endpoint.name
        if used:
            return
        yield from (model.name for model in _among(held.models, arns) if deletion.delete_model(model))
        yield from self._end_leases({each.name for each in free if each.kind is LeftoverKind.LEASE})
        yield from self._give_back({each.arn for each in free if each.kind is LeftoverKind.MODEL_LEASE})

    def _give_back(self, models: Collection[str]) -> Iterator[str]:
        """Ends leases of other environments' models, after the endpoints that served these."""
        for each in self.environment.ledger.borrowed.all() if models else ():
            if each.arn in models:
                self.environment.end_lease(each)
                yield each.arn

    def _end_leases(self, named: Collection[str]) -> Iterator[str]:
        leases = self.environment.ledger.leases
        for each in leases.all() if named else ():
            if each.resource in named:
                leases.release(each.resource, owner=each.owner)
                yield each.resource
            elif each.run in named:
                leases.end(each.run)
                yield each.run


def _among(held: Iterable[R], arns: Collection[str]) -> list[R]:
    return [each for each in held if each.arn in arns]
