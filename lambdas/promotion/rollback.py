"""Going back: the door that starts a roll-back of a recipe to its previous model."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lambdas.promotion.target import ROLLBACK
from lambdas.shared import clock
from lambdas.shared.aliases import Aliases
from lambdas.shared.aws import ClientError, client
from lambdas.shared.caller import Caller
from lambdas.shared.errors import BadRequest, NothingToRollBack, Refused
from lambdas.shared.holders import rollback_holder
from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.rollbacks import Rollbacks
from lambdas.shared.ledger.table import Table
from lambdas.shared.names import Names
from lambdas.shared.road import Alias, Outcome
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import to_wire

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """version: of the alias that was looked at. One request goes back once: sent again, it finds another version."""

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
        """As the function's environment variables say."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        return cls(
            names, Ledger(table), Rollbacks(table), Aliases(), read(Variable.STATE_MACHINE), client("stepfunctions")
        )

    def start(self, asked: Asked, by: Caller) -> dict[str, Any]:
        """The execution, its holder, and the model it goes back to. Raises RunActive, NothingToRollBack, BadRequest.

        The recipe is locked before the alias is read, so that the alias cannot change in between. Where the answer of
        StartExecution is lost (no ClientError) the lock stays: the execution may walk, and else the sweep frees it.
        """
        recipe, holder = asked.recipe, rollback_holder(asked.recipe, clock.now())
        self.ledger.lock(recipe, holder)
        try:
            alias = self._alias(recipe)
            if alias.version != asked.version:
                raise BadRequest(f"the alias of {recipe!r} is version {alias.version} by now, not {asked.version}")
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
        road = {"action": ROLLBACK, "recipe": alias.recipe, "alias": to_wire(alias), "holder": holder}
        answer = self.stepfunctions.start_execution(
            stateMachineArn=self.machine_arn, name=holder, input=json.dumps(road)
        )
        return answer["executionArn"]
