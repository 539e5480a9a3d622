"""canary: a part of promotion. A student takes a share of its route's traffic before it goes live, and is withdrawn if
it is worse."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import MADE_BY_A_RUN
from distillery.core.pipeline import EndpointStatus
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, borrowed_models, canaries, keys, monitoring, running, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step, wait_until_ready

CALLERS_KNOW_AFTER = Duration.minutes(2)
"""Callers keep an alias for a minute (`distillery/client/cached_value.py`), and a call may be in progress."""

NAMED_MAX = 20
"""Recipes with canaries that the role names. All policies of a role hold 10,240 characters (IAM quotas); with more
recipes, it may write the aliases and host the students of all."""


class CanaryStage(Construct):
    """`function` writes a canary into its alias, reads metrics, and takes it out again, for recipes that have canaries
    alone. Promotion alone makes its student live. `window` is the variable of the promotion window, if there is one."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        inference_region: str,
        window: Mapping[Variable, str],
    ) -> None:
        super().__init__(scope, ident)
        location = Location.of(self)
        regions = sorted({location.region, inference_region})
        tried = [each for each in recipes if each.canary]
        named = sorted(each.name for each in tried) if len(tried) <= NAMED_MAX else []
        aliases, tags = [context.names.alias(each) for each in named or "*"], {*MADE_BY_A_RUN, *tag_keys(recipes)}
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.canary.handler.step",
            description="Lets students take a share of the traffic, and judges them by metrics",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                *canaries.host(location, context.names, named, tags=tags),
                *borrowed_models.lease(location, context.names, context.lenders),
                *borrowed_models.host(location, context.names, context.lenders, tags=tags, recipes=named),
                *keys.host_models(location, context.key),
                running.read_parameters(location, *aliases),
                running.write_parameters(location, *aliases),
                monitoring.read_metrics(*regions),
                *([bedrock.read_tags(location)] if context.max_model_units else []),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                Variable.INFERENCE_REGION: inference_region,
                **context.unit_ceiling,
                **window,
            },
        )

    def begin(self) -> sfn.CustomState:
        """Starts the canary of a run that has passed. The state machine's own ARN comes from the context."""
        machine = {"machine.$": "$$.StateMachine.Id"}
        return step(
            self, "Begin canary", function=self.function, action="begin", result_path="$.follow_up", payload=machine
        )

    def states(self, keep_prompt: sfn.CustomState, goes_live: sfn.Chain) -> sfn.Chain:
        """From its endpoint to the look that ends it, and further if its student goes live."""
        create = step(self, "Create canary", function=self.function, action="create", result_path="$.candidate")
        ready = wait_until_ready(
            self,
            "Canary",
            function=self.function,
            result_path="$.candidate_status",
            wait_name="Wait for canary",
            pending=EndpointStatus.PENDING,
        )
        admit = step(self, "Admit canary", function=self.function, action="admit", result_path="$.look")
        wait = sfn.Wait(self, "Wait for calls", time=sfn.WaitTime.seconds_path("$.look.wait"))
        look = step(self, "Look at canary", function=self.function, action="look", result_path="$.look")
        decided = (
            sfn.Choice(self, "What follows?")
            .when(sfn.Condition.string_equals("$.look.step", "continue"), wait)
            .when(sfn.Condition.string_equals("$.look.step", "promote"), goes_live)
            .otherwise(sfn.Pass(self, "Canary is withdrawn"))
        )
        wait.next(look)
        look.next(decided)
        return sfn.Chain.start(create).next(ready).next(keep_prompt).next(admit).next(wait)

    def ending(self, which: str) -> tuple[sfn.CustomState, sfn.Wait, sfn.CustomState, sfn.CustomState]:
        """Out of the alias; until callers know; its endpoint deleted; closed. `which` ends the states' names."""
        withdraw = step(self, f"Withdraw {which}", function=self.function, action="withdraw", result_path=DISCARD)
        wait = sfn.Wait(self, f"Callers of {which}", time=sfn.WaitTime.duration(CALLERS_KNOW_AFTER))
        delete = step(self, f"Delete {which}", function=self.function, action="delete", result_path=DISCARD)
        close = step(self, f"Close {which}", function=self.function, action="close", result_path="$.closed")
        return withdraw, wait, delete, close

    def attach(self, machine: sfn.StateMachine) -> None:
        """Lets `begin` start executions of this state machine, by a policy that nothing waits for."""
        self.function.attach_policy(self, "Start", running.start(machine.state_machine_arn))
