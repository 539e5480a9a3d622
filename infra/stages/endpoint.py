"""endpoint: a student gets a candidate endpoint for its verdict, which is released on every path."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import MADE_BY_A_RUN
from distillery.core.pipeline import EndpointStatus
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Place
from infra.constructs.data_stores import Stores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, keys, running, storage
from infra.constructs.rule import on_event
from infra.constructs.stack_context import Ground
from infra.constructs.task import DISCARD, step, until_ready


class Endpoint(Construct):
    """`function` makes and releases candidates; `sweep` deletes what a broken execution left behind."""

    def __init__(
        self, scope: Construct, ident: str, *, ground: Ground, stores: Stores, recipes: Sequence[Recipe]
    ) -> None:
        super().__init__(scope, ident)
        self._place = Place.of(self)
        self._names = ground.names
        self._tags = {*MADE_BY_A_RUN, *tag_keys(recipes)}
        self.function = self._step(ground, stores)
        self.sweep = self._sweep(ground, stores)

    def states(self) -> sfn.Chain:
        """The candidate is made and waited for."""
        create = step(self, "Create candidate", function=self.function, does="create", gives="$.candidate")
        ready = until_ready(
            self,
            "Candidate",
            function=self.function,
            gives="$.candidate_status",
            waiting="Wait for candidate",
            pending=EndpointStatus.PENDING,
        )
        return sfn.Chain.start(create).next(ready)

    def release(self, name: str) -> sfn.TaskStateBase:
        """The candidate is deleted; `name` is the state's."""
        return step(self, name, function=self.function, does="release", gives=DISCARD)

    def attach(self, machine: sfn.StateMachine) -> None:
        """The machine whose broken executions are swept up after."""
        arn = machine.state_machine_arn
        self.sweep.tell_more({Variable.STATE_MACHINE: arn})
        self.sweep.allow_more(running.look_at_executions(self._place, machine.state_machine_name))
        broken = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"stateMachineArn": [arn], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
        )
        on_event(self, "OnBrokenRun", description="An execution ended badly", pattern=broken, function=self.sweep)

    def _step(self, ground: Ground, stores: Stores) -> Function:
        return Function(
            self,
            "Function",
            ground=ground,
            handler="lambdas.endpoint.handler.step",
            description="Makes, looks at and releases candidate endpoints",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.keep_ledger(stores.ledger),
                *bedrock.host(self._place, self._names, tags=self._tags),
                *keys.host_models(self._place, ground.key),
            ],
            environment={Variable.LEDGER: stores.ledger.table_name},
        )

    def _sweep(self, ground: Ground, stores: Stores) -> Function:
        return Function(
            self,
            "Sweep",
            ground=ground,
            handler="lambdas.endpoint.handler.sweep",
            description="Frees recipes and deletes endpoints that broken executions left",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.keep_ledger(stores.ledger),
                *storage.notify(stores.topic, ground.key),
                *bedrock.unhost(self._place, self._names),
                bedrock.read_tags(self._place),
                running.read_parameters(self._place, self._names.alias("*")),
            ],
            environment={Variable.LEDGER: stores.ledger.table_name, Variable.TOPIC: stores.topic.topic_arn},
            asynchronous=True,
        )
