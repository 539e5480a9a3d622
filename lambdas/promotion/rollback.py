"""Starts the roll-back of a recipe to its previous model."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, client
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest, NothingToRollBack, Refused
from distillery.core.function_url import Caller
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Alias, Outcome
from distillery.core.serialization import to_wire
from lambdas.promotion.target import ROLLBACK

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequest:
    """A request. `version` is that of the alias that the requester saw, so a repeated request finds another version."""

    recipe: str
    version: int


@dataclass(frozen=True, slots=True)
class Rollback:
    names: Names
    ledger: Ledger
    rollbacks: Rollbacks
    aliases: Aliases
    machine_arn: str
    stepfunctions: "SFNClient"

    @classmethod
    def of_environment(cls) -> Self:
        """The roll-back that the function's environment variables configure."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        return cls(
            names, Ledger(table), Rollbacks(table), Aliases(), read(Variable.STATE_MACHINE), client("stepfunctions")
        )

    def start(self, request: RollbackRequest, by: Caller) -> dict[str, Any]:
        """Starts the execution, and returns it with its holder and the model that becomes live.

        The recipe is locked before the alias is read, so the alias cannot change in between. Where the response of
        StartExecution is lost (no ClientError), the lock stays: the execution may be running, and otherwise the sweep
        unlocks the recipe.

        Raises RunActive, NothingToRollBack, BadRequest.
        """
        recipe, holder = request.recipe, new_holder(HolderKind.ROLLBACK, request.recipe, clock.now())
        self.ledger.lock(recipe, holder)
        try:
            alias = self._alias(recipe)
            if alias.version != request.version:
                raise BadRequest(f"the alias of {recipe!r} is version {alias.version} by now, not {request.version}")
            self.rollbacks.begin(alias, holder, by=by.arn)
            execution = self._start(holder, alias)
        except (ClientError, Refused) as error:
            self.ledger.unlock(recipe, holder)
            self.rollbacks.end(recipe, holder, Outcome.FAILED, f"it did not start: {type(error).__name__}")
            raise
        return {"execution": execution, "holder": holder, "to": alias.previous}

    def _alias(self, recipe: str) -> Alias:
        alias = self.aliases.read(self.names.alias(recipe))
        if alias is None:
            raise NothingToRollBack(
                f"recipe {recipe!r} has no alias in {self.names.environment}: nothing was promoted yet"
            )
        if alias.previous is None:
            raise NothingToRollBack(f"recipe {recipe!r} has had one model only, {alias.current}")
        return alias

    def _start(self, holder: str, alias: Alias) -> str:
        state = {"action": ROLLBACK, "recipe": alias.recipe, "alias": to_wire(alias), "holder": holder}
        answer = self.stepfunctions.start_execution(
            stateMachineArn=self.machine_arn, name=holder, input=json.dumps(state)
        )
        return answer["executionArn"]
