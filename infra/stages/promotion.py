"""promotion: the live endpoint takes the student that passed, or goes back to the model before."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import MADE_LIVE
from distillery.core.pipeline import EndpointStatus
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Place
from infra.constructs.data_stores import Stores
from infra.constructs.decision import decision_url
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, keys, running, storage
from infra.constructs.stack_context import Ground
from infra.constructs.task import step, until_ready


class Promotion(Construct):
    """`function` is the only writer of aliases; `rollback`, at `rollback_url`, starts the way back.

    settings: the layer that tells it who decides about which recipe.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        ground: Ground,
        stores: Stores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
    ) -> None:
        super().__init__(scope, ident)
        self._place = Place.of(self)
        self._tags = {*MADE_LIVE, *tag_keys(recipes)}
        self._aliases = ground.names.alias("*")
        self.function = self._step(ground, stores)
        self.rollback = self._rollback(ground, stores, settings)
        self.rollback_url = decision_url(self.rollback)

    def states(self) -> sfn.Chain:
        """The verdict passed: the student becomes what the alias serves."""
        return self._switch("Promote", "Live", "Wait for live", "Record alias")

    def rollback_states(self) -> sfn.Chain:
        """The same, with the model before; its states have names of their own."""
        return self._switch("Put back", "Previous", "Wait for previous", "Record rollback")

    def close(self, name: str) -> sfn.TaskStateBase:
        """The ledger is closed and people are told; `name` is the state's."""
        return step(self, name, function=self.function, does="close", gives="$.closed")

    def attach(self, machine: sfn.StateMachine) -> None:
        """The machine that rollbacks are started on."""
        self.rollback.tell_more({Variable.STATE_MACHINE: machine.state_machine_arn})
        self.rollback.allow_more(running.start(machine.state_machine_arn))

    def _switch(self, promote: str, describe: str, waiting: str, record: str) -> sfn.Chain:
        ready = until_ready(
            self,
            describe,
            function=self.function,
            gives="$.live_status",
            waiting=waiting,
            pending=EndpointStatus.PENDING,
        )
        return (
            sfn.Chain.start(step(self, promote, function=self.function, does="promote", gives="$.live"))
            .next(ready)
            .next(step(self, record, function=self.function, does="record", gives="$.alias"))
        )

    def _step(self, ground: Ground, stores: Stores) -> Function:
        return Function(
            self,
            "Function",
            ground=ground,
            handler="lambdas.promotion.handler.step",
            description="Re-points live endpoints, writes aliases and closes runs",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.keep_ledger(stores.ledger),
                *storage.notify(stores.topic, ground.key),
                *bedrock.host(self._place, ground.names, tags=self._tags),
                bedrock.repoint(self._place, ground.names),
                *keys.host_models(self._place, ground.key),
                running.read_parameters(self._place, self._aliases),
                running.write_parameters(self._place, self._aliases),
            ],
            environment={Variable.LEDGER: stores.ledger.table_name, Variable.TOPIC: stores.topic.topic_arn},
        )

    def _rollback(self, ground: Ground, stores: Stores, settings: lambda_.ILayerVersion) -> Function:
        return Function(
            self,
            "Rollback",
            ground=ground,
            handler="lambdas.promotion.handler.rollback",
            description="Starts the way back to a recipe's previous model",
            timeout=Duration.minutes(1),
            permissions=[*storage.keep_ledger(stores.ledger), running.read_parameters(self._place, self._aliases)],
            environment={Variable.LEDGER: stores.ledger.table_name},
            layers=[settings],
        )
