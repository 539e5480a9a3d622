"""Going back: the door that starts a roll-back of a recipe to its previous model."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lambdas.promotion.target import ROLLBACK
from lambdas.shared import clock
from lambdas.shared.aliases import Aliases
from lambdas.shared.aws import ClientError, client
from lambdas.shared.errors import NothingToRollBack, Refused
from lambdas.shared.holders import rollback_holder
from lambdas.shared.ledger import Ledger, Table
from lambdas.shared.names import Names
from lambdas.shared.road import Alias
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import to_wire

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class Rollback:
    names: Names
    ledger: Ledger
    aliases: Aliases
    machine_arn: str
    stepfunctions: "SFNClient"

    @classmethod
    def of_environment(cls) -> Self:
        """As the function's environment variables say."""
        names, ledger = Names(read(Variable.ENVIRONMENT)), Ledger(Table(read(Variable.LEDGER)))
        return cls(names, ledger, Aliases(), read(Variable.STATE_MACHINE), client("stepfunctions"))

    def start(self, recipe: str) -> dict[str, Any]:
        """The execution, its holder, and the model it goes back to. Raises RunActive, NothingToRollBack.

        The recipe is locked before the alias is read, so that the alias cannot change in between. Where the answer of
        StartExecution is lost (no ClientError) the lock stays: the execution may walk, and else the sweep frees it.
        """
        holder = rollback_holder(recipe, clock.now())
        self.ledger.lock(recipe, holder)
        try:
            alias = self._alias(recipe)
            execution = self._start(holder, alias)
        except (ClientError, Refused):
            self.ledger.unlock(recipe, holder)
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
