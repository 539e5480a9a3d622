"""A request about one run, which every operation on a run takes."""

from dataclasses import dataclass

from distillery.core import names


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A request. `reason`: the ledger keeps it."""

    run: str
    reason: str = ""

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)
