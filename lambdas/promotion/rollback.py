"""Starts the roll-back of a recipe to its previous model, or to another version of its alias.

{"recipe": "support", "version": 3, "reason": "answers in the wrong language", "to": 1}
→ {"execution": "arn:…", "holder": "rollback-support-…", "to": "arn:…", "to_version": 1}
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, client
from distillery.core.custom_models import model_exists
from distillery.core.decisions import require_reason
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest, NothingToRollBack, Refused, RunActive
from distillery.core.function_url import Caller
from distillery.core.ledger.history import AliasHistory, LiveVersion
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.items import busy_message
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Alias, Outcome
from distillery.core.serialization import to_wire
from lambdas.promotion.rollback_target import rollback_target
from lambdas.promotion.target import ROLLBACK

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequest:
    """A request.

    Attributes:
        recipe: The recipe.
        version: That of the alias which the requester saw, so a repeated request finds another version.
        reason: Why; required.
        to: The version of the alias to return to; None for the one before.
    """

    recipe: str
    version: int
    reason: str = ""
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Rollback:
    names: Names
    ledger: Ledger
    rollbacks: Rollbacks
    aliases: Aliases
    machine_arn: str
    stepfunctions: "SFNClient"
    history: AliasHistory
    bedrock: "BedrockClient"

    @classmethod
    def of_environment(cls) -> Self:
        """The roll-back that the function's environment variables configure."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        return cls(
            names,
            Ledger(table),
            Rollbacks(table),
            Aliases(),
            read(Variable.STATE_MACHINE),
            client("stepfunctions"),
            AliasHistory(table),
            client("bedrock"),
        )

    def start(self, request: RollbackRequest, by: Caller) -> dict[str, Any]:
        """Starts the execution, and returns it with its holder and the model that becomes live.

        The recipe is locked before the alias is read, so the alias cannot change in between. Where the response of
        StartExecution is lost (no ClientError), the lock stays: the execution may be running, and otherwise the sweep
        unlocks the recipe.

        Raises:
            BadRequest: The reason is missing or too long, the alias has changed, or it has no such version.
            NothingToRollBack: There is no model to return to, or a version must be named.
            RunActive: Something else holds the recipe.
        """
        require_reason(request.reason, f"the roll-back of recipe {request.recipe!r}")
        recipe, holder = request.recipe, new_holder(HolderKind.ROLLBACK, request.recipe, clock.now())
        self.ledger.lock(recipe, holder)
        try:
            alias = self._alias(recipe)
            if alias.version != request.version:
                raise BadRequest(f"the alias of {recipe!r} is version {alias.version} by now, not {request.version}")
            target = rollback_target(alias, self.history.of(recipe, alias), self.rollbacks.of(recipe), request.to)
            self._check_model(recipe, target)
            if not self.rollbacks.begin(alias, holder, by=by.arn, to=target, why=request.reason):
                raise RunActive(busy_message(recipe, "another roll-back of this second"))
            execution = self._start(holder, alias)
        except (ClientError, Refused) as error:
            self.ledger.unlock(recipe, holder)
            self.rollbacks.end(recipe, holder, Outcome.FAILED, f"it did not start: {type(error).__name__}")
            raise
        return {"execution": execution, "holder": holder, "to": target.model, "to_version": target.version}

    def _alias(self, recipe: str) -> Alias:
        alias = self.aliases.read(self.names.alias(recipe))
        if alias is None:
            raise NothingToRollBack(
                f"recipe {recipe!r} has no alias in {self.names.environment}: nothing was promoted yet"
            )
        return alias

    def _check_model(self, recipe: str, target: LiveVersion) -> None:
        """Raises NothingToRollBack where somebody deleted the model."""
        if not model_exists(self.bedrock, target.model):
            raise NothingToRollBack(
                f"model {target.model}, version {target.version} of recipe {recipe!r}, does not exist any more; only "
                f"an existing model can go live: choose another version (distillery rollback {recipe} --list)"
            )

    def _start(self, holder: str, alias: Alias) -> str:
        state = {"action": ROLLBACK, "recipe": alias.recipe, "alias": to_wire(alias), "holder": holder}
        answer = self.stepfunctions.start_execution(
            stateMachineArn=self.machine_arn, name=holder, input=json.dumps(state)
        )
        return answer["executionArn"]
