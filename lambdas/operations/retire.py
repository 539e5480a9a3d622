"""Retires a recipe: deletes its alias, its endpoints and, if asked, its models; also of a recipe that the settings have
lost.

{"recipe": "support", "version": 3, "reason": "replaced by triage", "students": true}
→ {"recipe": "support", "alias": "arn:…", "endpoints": ["dev-support-live-…"], "models": ["arn:…"],
   "left": [{"what": …, "why": …}], "done": true}

The alias goes first: callers of the recipe's route then find no student, and continue with the next step of its
fallback policy. Those who have read the alias within the last minute do so when the endpoint is gone. Each step may be
repeated: a second request deletes what the first one left. The history of the alias stays in the ledger, and the next
promotion continues its versions.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, client, code
from distillery.core.boundary import get_logger
from distillery.core.decisions import require_reason
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest, Unfinished
from distillery.core.escaping import one_line
from distillery.core.function_url import Caller
from distillery.core.hosting import hosting_by_mode
from distillery.core.inventory import take_inventory
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.items import partition
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.models import ModelUses, delete_model, stored_models
from distillery.core.names import Names
from distillery.core.pipeline import Alias

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireRequest:
    """A request.

    Attributes:
        recipe: The recipe.
        version: That of the alias which the requester saw; 0 where there was none.
        reason: Why; required.
        students: Whether its models are deleted too.
    """

    recipe: str
    version: int
    reason: str = ""
    students: bool = False


@dataclass(frozen=True, slots=True)
class Retirement:
    names: Names
    table: Table
    aliases: Aliases
    bedrock: "BedrockClient"

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        return cls(Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER)), Aliases(), client("bedrock"))

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table)

    def retire(self, request: RetireRequest, by: Caller) -> dict[str, Any]:
        """What was deleted, and what was not. `done` where nothing is left.

        Raises:
            BadRequest: The reason is missing or too long, or another model is live than the person saw.
            RunActive: A run, a roll-back, an acceptance, a canary or a change by business hours has the recipe.
        """
        recipe = request.recipe
        require_reason(request.reason, f"the retirement of recipe {recipe!r}")
        holder = new_holder(HolderKind.RETIREMENT, recipe, clock.now())
        self.ledger.lock(recipe, holder)
        try:
            HoursChanges(self.table).check_free(recipe)
            Canaries(self.table).check_free(recipe)
            alias = self.aliases.read(self.names.alias(recipe))
            if alias and alias.version != request.version:
                raise BadRequest(f"the alias of {recipe!r} is version {alias.version} by now, not {request.version}")
            self._keep(request, holder, alias, by)
            self.aliases.delete(self.names.alias(recipe))
            left: dict[str, str] = {}
            endpoints = self._delete_endpoints(recipe, left)
            models = self._delete_models(recipe, holder, left) if request.students else []
        finally:
            self.ledger.unlock(recipe, holder)
        log.info("%s retired %s", by.arn, recipe)
        return {
            "recipe": recipe,
            "alias": alias.endpoint.arn if alias else None,
            "endpoints": endpoints,
            "models": models,
            "left": [{"what": what, "why": why} for what, why in left.items()],
            "done": not left,
        }

    def _keep(self, request: RetireRequest, holder: str, alias: Alias | None, by: Caller) -> None:
        """Records who retires what, and why, before anything is deleted."""
        item = {"pk": partition(request.recipe), "sk": holder, "by": by.arn, "opened": clock.stamp()}
        item |= {"why": one_line(request.reason), "left": alias.current if alias else ""}
        self.table.put_new(item)

    def _delete_endpoints(self, recipe: str, left: dict[str, str]) -> list[str]:
        """The names of the endpoints that were deleted. Adds to `left` why others were not."""
        hosting, deleted = hosting_by_mode(self.bedrock), []
        leases = [lease for lease in self.ledger.leases.all() if not lease.has_expired]
        for each in take_inventory(self.names, self.bedrock).endpoints:
            if each.recipe != recipe:
                continue
            held = next((lease for lease in leases if lease.names(each.name, each.run)), None)
            if held:
                left[each.name] = f"a lease of {held.owner} keeps it until {held.until}: {held.purpose}"
            elif each.is_committed(clock.now()):
                left[each.name] = f"its commitment ends at {each.committed_until}; Bedrock deletes it not before"
            else:
                try:
                    hosting[each.mode].delete(each.name)
                    deleted.append(each.name)
                except Unfinished as unfinished:
                    left[each.name] = str(unfinished)
                except ClientError as error:
                    left[each.name] = f"Bedrock refuses: {code(error)}"
        return deleted

    def _delete_models(self, recipe: str, holder: str, left: dict[str, str]) -> list[str]:
        uses = ModelUses(
            aliases={},
            records=self.ledger.runs(recipe),
            active={name: who for name, who in self.ledger.active().items() if who != holder},
            leases=self.ledger.leases.all(),
        )
        deleted = []
        for model in stored_models(take_inventory(self.names, self.bedrock), uses, keep=0):
            if model.recipe == recipe:
                if why := model.needed or delete_model(self.bedrock, model.arn):
                    left[model.arn] = why
                else:
                    deleted.append(model.arn)
        return deleted
