"""Keeps the leases of other environments' models while something here needs the model, and ends them afterwards."""

from dataclasses import dataclass

from distillery.core import names
from distillery.core.aliases import Aliases
from distillery.core.attempts import attempt_each
from distillery.core.borrowing import Borrowing
from distillery.core.errors import Misconfigured
from distillery.core.ledger.borrowed_models import BorrowedModel
from distillery.core.ledger.items import OPEN_OUTCOMES, WAITING_OUTCOMES
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names


@dataclass(frozen=True, slots=True)
class BorrowedModelsKeeper:
    names: Names
    ledger: Ledger
    aliases: Aliases
    borrowing: Borrowing
    is_allowed: bool = True
    """Whether the settings let the environment use models of others. Else no function may change their tags."""

    def keep(self) -> dict[str, list[str]]:
        """The models whose leases were renewed, and those whose leases were ended.

        Locks are read before what they protect: an execution takes its own lease before it relies on the model. A model
        that fails, such as one that somebody has deleted, does not stop the others. Raises ExceptionGroup.
        """
        borrowed = self.borrowing.models.all()
        active = self.ledger.active() if borrowed else {}
        renewed, ended = list[str](), list[str]()

        def keep(model: BorrowedModel) -> None:
            if not self._is_needed(model, active):
                self._end(model)
                ended.append(model.arn)
            elif not self.is_allowed:
                raise Misconfigured(
                    f"model {model.arn} of run {model.run} is another environment's and still needed here, and the "
                    f"settings no longer allow it: its owner may delete it after {model.until}; restore keep_data = "
                    "false and through in [promotion] and deploy, then promote another run or retire the recipe"
                )
            elif self.borrowing.renew(model):
                renewed.append(model.arn)

        attempt_each("leases of other environments' models", borrowed, keep)
        return {"renewed": renewed, "ended": ended} if borrowed else {}

    def _end(self, model: BorrowedModel) -> None:
        """Ends a lease. Where its tag may not be removed, it expires."""
        if self.is_allowed:
            self.borrowing.end(model)
        else:
            self.borrowing.models.remove(model)

    def _is_needed(self, model: BorrowedModel, active: dict[str, str]) -> bool:
        """Whether an alias names it, its run goes on or waits for a person, or something works on its recipe, such as a
        roll-back to it."""
        recipe = names.recipe_of(model.run)
        alias = self.aliases.read(self.names.alias(recipe))
        if recipe in active or (alias and model.arn in (alias.current, alias.previous)):
            return True
        record = self.ledger.run(model.run)
        return record.promoting or record.outcome in (*OPEN_OUTCOMES, *WAITING_OUTCOMES)
