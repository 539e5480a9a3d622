"""Lists a recipe's custom models, and deletes those that a person confirmed and that nothing needs.

{"recipe": "support", "keep": 3, "delete": ["arn:…"]}
→ {"recipe": "support", "models": [{…, "needed": ""}], "deleted": ["arn:…"], "left": [{"arn": …, "why": …}],
   "recipes": ["support", …], "storage_usd": "1.95", "storage_as_of": "2026-07-28"}

Nothing is deleted without `delete`. The recipe is locked meanwhile, so that no run or rollback begins to need a model
that is being deleted. A repeated request finds nothing to delete.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import catalog, clock
from distillery.core.aliases import Aliases
from distillery.core.aws import client
from distillery.core.boundary import get_logger
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.function_url import Caller
from distillery.core.inventory import Inventory, take_inventory
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.models import KEEP, ModelUses, StoredModel, delete_model, recipe_of, stored_models
from distillery.core.names import Names
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneRequest:
    """A request.

    Attributes:
        recipe: The recipe, which the settings may have lost.
        keep: How many of its newest models stay.
        delete: ARNs of models that the person saw and confirmed. Those that something needs by now stay.
    """

    recipe: str
    keep: int = KEEP
    delete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pruner:
    names: Names
    ledger: Ledger
    aliases: Aliases
    bedrock: "BedrockClient"

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        return cls(names, Ledger(table), Aliases(), client("bedrock"))

    def prune(self, request: PruneRequest, by: Caller) -> dict[str, Any]:
        """The recipe's models, and which of them were deleted.

        Raises:
            BadRequest: `keep` is negative.
            RunActive: Models are to be deleted, and something else holds the recipe.
        """
        if request.keep < 0:
            raise BadRequest(f"keep is {request.keep}; at least 0 models of a recipe are kept: give a number from 0")
        deleted, left = self._delete(request, by) if request.delete else ([], {})
        inventory = take_inventory(self.names, self.bedrock)
        storage = catalog.storage_price()
        return {
            "recipe": request.recipe,
            "models": to_wire(list(self._models(inventory, request, holder=""))),
            "deleted": deleted,
            "left": [{"arn": arn, "why": why} for arn, why in left.items()],
            "recipes": sorted({found for each in inventory.models if (found := recipe_of(each))}),
            "storage_usd": str(storage.per_model_month),
            "storage_as_of": storage.as_of.isoformat(),
        }

    def _delete(self, request: PruneRequest, by: Caller) -> tuple[list[str], dict[str, str]]:
        """The ARNs that were deleted, and why the others were not."""
        holder = new_holder(HolderKind.PRUNE, request.recipe, clock.now())
        self.ledger.lock(request.recipe, holder)
        try:
            models = self._models(take_inventory(self.names, self.bedrock), request, holder=holder)
            known = {each.arn: each.needed for each in models}
            left: dict[str, str] = {}
            for arn in request.delete:
                why = known.get(arn, "the recipe has no such model")
                if refused := why or delete_model(self.bedrock, arn):
                    left[arn] = refused
        finally:
            self.ledger.unlock(request.recipe, holder)
        deleted = [arn for arn in request.delete if arn not in left]
        log.info("%s deleted models of %s: %s", by.arn, request.recipe, ", ".join(deleted) or "none")
        return deleted, left

    def _models(self, inventory: Inventory, request: PruneRequest, *, holder: str) -> list[StoredModel]:
        """The recipe's models. `holder`: who holds the recipe for this request."""
        recipes = {request.recipe, *(recipe_of(each) for each in inventory.models)} - {""}
        aliases = {recipe: self.aliases.read(self.names.alias(recipe)) for recipe in sorted(recipes)}
        active = {recipe: who for recipe, who in self.ledger.active().items() if who != holder}
        uses = ModelUses(
            aliases={recipe: alias for recipe, alias in aliases.items() if alias},
            records=self.ledger.runs(request.recipe),
            active=active,
            leases=self.ledger.leases.all(),
        )
        return [each for each in stored_models(inventory, uses, keep=request.keep) if each.recipe == request.recipe]
