"""promotion: points the live endpoint to the student that passed or was accepted, or back to the previous model."""

import json
from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import DATASETS_PREFIX, MADE_LIVE, PENDING_RECORDS_PREFIX, SYSTEM_PROMPTS_PREFIX
from distillery.core.pipeline import EndpointStatus, Outcome
from distillery.core.promotion_window import PromotionWindow, dump
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.permissions import bedrock, borrowed_models, keys, running, storage
from infra.constructs.signing import RECORDS, STANDINGS, Signing
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step, wait_until_ready
from infra.stages.canary import CALLERS_KNOW_AFTER, CanaryStage


class PromotionStage(Construct):
    """`function` is the only writer of aliases; `rollback`, at `rollback_url`, starts a rollback, and `acceptance`, at
    `acceptance_url`, the promotion of a student that a person accepted.

    `settings` is the layer with the recipes and their deciders. `record_days`: how long the signed record of a student
    that goes live is valid; None if no record is signed. `window`: when students may go live; None for always.
    `canary` exists where a recipe has canaries; callers measure in `inference_region`.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
        inference_region: str,
        record_days: int | None = None,
        window: PromotionWindow | None = None,
    ) -> None:
        super().__init__(scope, ident)
        self._window = {Variable.PROMOTION_WINDOW: dump(window)} if window else {}
        canaries = sorted(recipe.name for recipe in recipes if recipe.canary)
        self._canaries = {Variable.CANARIES: json.dumps(canaries)} if canaries else {}
        self._location = Location.of(self)
        self._tags = {*MADE_LIVE, *tag_keys(recipes)}
        self._aliases = context.names.alias("*")
        self.function = self._step(context, stores, signs=record_days is not None)
        self.rollback = self._rollback(context, stores, settings)
        self.rollback_url = iam_url(self.rollback)
        self.acceptance = self._acceptance(context, stores, settings)
        self.acceptance_url = iam_url(self.acceptance)
        self.signing = (
            Signing(self, "Signing", context=context, stores=stores, valid_days=record_days) if record_days else None
        )
        self.canary = (
            CanaryStage(
                self,
                "Canary",
                context=context,
                stores=stores,
                recipes=recipes,
                inference_region=inference_region,
                window=self._window,
            )
            if self._canaries
            else None
        )

    def states(self) -> sfn.Chain:
        """After a verdict: the alias serves the student, or the live model stays, perhaps until a person decides. Where
        recipes have canaries, the student may take a share of the traffic first, in an execution of its own."""
        decide = step(self, "Follow up", function=self.function, action="follow_up", result_path="$.follow_up")
        goes_live = sfn.Condition.string_equals("$.follow_up.outcome", Outcome.PROMOTED)
        promotion = self._signed("Sign record", self._switch("Promote", "Live", "Wait for live", "Record alias"))
        choice = sfn.Choice(self, "Goes live?").when(goes_live, promotion)
        if self.canary:
            choice.when(sfn.Condition.string_equals("$.follow_up.outcome", Outcome.CANARY), self.canary.begin())
        return sfn.Chain.start(decide).next(choice.otherwise(sfn.Pass(self, "Live model stays")))

    def acceptance_states(self) -> sfn.Chain:
        """After a person's acceptance: the alias serves the student."""
        accepted = self._switch("Put forward", "Accepted", "Wait for accepted", "Record acceptance")
        return self._signed("Sign accepted record", accepted)

    def canary_states(self, canary: CanaryStage) -> sfn.Chain:
        """A canary; and if it passes, the alias serves its student."""
        keep = step(self, "Keep prompt", function=self.function, action="keep_prompt", result_path=DISCARD)
        passed = self._switch("Promote canary", "Passed", "Wait for passed", "Record canary")
        return canary.states(keep, self._signed("Sign canary", passed))

    @property
    def functions(self) -> list[Function]:
        """The functions of its states."""
        return [self.function, *(part.function for part in (self.signing, self.canary) if part)]

    def _signed(self, name: str, goes_live: sfn.Chain) -> sfn.Chain:
        """Signs the record before the student goes live: where that fails, the old model stays live, and the run can be
        resumed."""
        if self.signing is None:
            return goes_live
        signed = step(self, name, function=self.signing.function, action="sign", result_path="$.signed")
        return sfn.Chain.start(signed).next(goes_live)

    def rollback_states(self) -> sfn.Chain:
        """The same with the previous model, and other state names."""
        return self._switch("Put back", "Previous", "Wait for previous", "Record rollback")

    def opening_states(self) -> sfn.Chain:
        """When business hours begin: an endpoint with the model that the alias names."""
        return self._switch("Create for hours", "For hours", "Wait for hours", "Record hours")

    def pause_states(self) -> sfn.Chain:
        """After business hours: the alias is paused, and its endpoint is deleted once callers know of it."""
        pause = step(self, "Pause alias", function=self.function, action="pause", result_path=DISCARD)
        wait = sfn.Wait(self, "Wait for callers", time=sfn.WaitTime.duration(CALLERS_KNOW_AFTER))
        return sfn.Chain.start(pause).next(wait).next(self.delete_paused("Delete paused"))

    def delete_paused(self, name: str) -> sfn.CustomState:
        """Deletes the endpoint of a paused alias. `name` is the state's name."""
        return step(self, name, function=self.function, action="delete", result_path=DISCARD)

    def close(self, name: str) -> sfn.CustomState:
        """Closes the run in the ledger and notifies people. `name` is the state's name."""
        return step(self, name, function=self.function, action="close", result_path="$.closed")

    def attach(self, machine: sfn.StateMachine) -> None:
        """Lets `rollback` and `acceptance` start executions of this state machine."""
        for function in (self.rollback, self.acceptance):
            function.add_environment({Variable.STATE_MACHINE: machine.state_machine_arn})
            function.allow_more(running.start(machine.state_machine_arn))
        if self.canary:
            self.canary.attach(machine)

    def _switch(self, promote: str, describe: str, waiting: str, record: str) -> sfn.Chain:
        ready = wait_until_ready(
            self,
            describe,
            function=self.function,
            result_path="$.live_status",
            wait_name=waiting,
            pending=EndpointStatus.PENDING,
        )
        return (
            sfn.Chain.start(step(self, promote, function=self.function, action="promote", result_path="$.live"))
            .next(ready)
            .next(step(self, record, function=self.function, action="record", result_path="$.alias"))
        )

    def _step(self, context: StackContext, stores: DataStores, *, signs: bool) -> Function:
        signed, published = ((PENDING_RECORDS_PREFIX,), (RECORDS, STANDINGS)) if signs else ((), ())
        return Function(
            self,
            "Function",
            context=context,
            handler="lambdas.promotion.handler.step",
            description="Updates live endpoints, writes aliases and closes runs",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                *storage.read(stores.data, f"{DATASETS_PREFIX}*/system.txt", SYSTEM_PROMPTS_PREFIX, *signed),
                *storage.write(stores.data, SYSTEM_PROMPTS_PREFIX, *published),
                *bedrock.create_endpoints(self._location, context.names, tags=self._tags),
                bedrock.update_endpoints(self._location, context.names),
                *keys.host_models(self._location, context.key),
                *borrowed_models.lease(self._location, context.names, context.lenders),
                *borrowed_models.host(self._location, context.names, context.lenders, tags=self._tags, update=True),
                running.read_parameters(self._location, self._aliases),
                running.write_parameters(self._location, self._aliases),
                *([bedrock.read_tags(self._location)] if context.max_model_units else []),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                **(stores.variables(Variable.DATA_BUCKET) if signs else {}),
                **context.four_eyes,
                **self._window,
                **self._canaries,
                **context.unit_ceiling,
                **context.commitments.variables,
            },
        )

    def _rollback(self, context: StackContext, stores: DataStores, settings: lambda_.ILayerVersion) -> Function:
        return Function(
            self,
            "Rollback",
            context=context,
            handler="lambdas.promotion.handler.rollback",
            description="Starts a rollback to an earlier model of a recipe",
            timeout=Duration.minutes(1),
            permissions=[
                *storage.use_ledger(stores.ledger),
                running.read_parameters(self._location, self._aliases),
                bedrock.get_students(self._location),
            ],
            environment=stores.variables(Variable.LEDGER),
            layers=[settings],
        )

    def _acceptance(self, context: StackContext, stores: DataStores, settings: lambda_.ILayerVersion) -> Function:
        return Function(
            self,
            "Acceptance",
            context=context,
            handler="lambdas.promotion.handler.accept",
            description="Accepts or declines students that a person decides about",
            timeout=Duration.minutes(1),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(self._location, self._aliases),
                bedrock.get_students(self._location),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                **context.four_eyes,
                **self._window,
                **self._canaries,
            },
            layers=[settings],
        )
