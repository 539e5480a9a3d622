"""endpoint: gives a student a candidate endpoint for its evaluation, which is deleted on every path."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.business_hours import WEEKDAYS, BusinessHours, minutes
from distillery.core.env_vars import Variable
from distillery.core.names import MADE_BY_A_RUN
from distillery.core.pipeline import EndpointStatus
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import Schedules, on_event
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, borrowed_models, keys, monitoring, running, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step, wait_until_ready


class EndpointStage(Construct):
    """`function` creates and deletes candidates; `sweep` deletes or stops what a failed execution left behind, and
    keeps business hours. `settings` is the layer with the recipes."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, ident)
        self._location = Location.of(self)
        self._names = context.names
        self._tags = {*MADE_BY_A_RUN, *tag_keys(recipes)}
        self._has_judges = any(recipe.judges for recipe in recipes)
        self._has_hourly = any(recipe.is_hourly for recipe in recipes)
        self._canaries = sorted(recipe.name for recipe in recipes if recipe.canary)
        self._starts = self._has_hourly or bool(self._canaries)
        self.function = self._step(context, stores)
        self.sweep = self._sweep(context, stores, settings, dead_letters)
        self._schedule(context, recipes)

    def states(self) -> sfn.Chain:
        """Creates the candidate and waits for it."""
        create = step(self, "Create candidate", function=self.function, action="create", result_path="$.candidate")
        ready = wait_until_ready(
            self,
            "Candidate",
            function=self.function,
            result_path="$.candidate_status",
            wait_name="Wait for candidate",
            pending=EndpointStatus.PENDING,
        )
        return sfn.Chain.start(create).next(ready)

    def release(self, name: str) -> sfn.CustomState:
        """Deletes the candidate. `name` is the state's name."""
        return step(self, name, function=self.function, action="release", result_path=DISCARD)

    def attach(self, machine: sfn.StateMachine) -> None:
        """Invokes `sweep` after failed executions of this state machine."""
        arn = machine.state_machine_arn
        self.sweep.add_environment({Variable.STATE_MACHINE: arn})
        self.sweep.allow_more(running.stop_executions(self._location, machine.state_machine_name))
        if self._starts:
            self.sweep.allow_more(running.start(arn))
        broken = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"stateMachineArn": [arn], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
        )
        on_event(
            self,
            "OnBrokenRun",
            description="An execution failed, timed out or was aborted",
            pattern=broken,
            function=self.sweep,
        )

    def _step(self, context: StackContext, stores: DataStores) -> Function:
        return Function(
            self,
            "Function",
            context=context,
            handler="lambdas.endpoint.handler.step",
            description="Creates, describes and deletes candidate endpoints",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *bedrock.create_endpoints(self._location, self._names, tags=self._tags),
                *keys.host_models(self._location, context.key),
                *borrowed_models.lease(self._location, self._names, context.lenders),
                *borrowed_models.host(self._location, self._names, context.lenders, tags=self._tags),
                *([bedrock.read_tags(self._location)] if context.max_model_units else []),
            ],
            environment={**stores.variables(Variable.LEDGER), **context.unit_ceiling},
        )

    def _sweep(
        self,
        context: StackContext,
        stores: DataStores,
        settings: lambda_.ILayerVersion,
        dead_letters: sqs.IQueue | None,
    ) -> Function:
        answers = [self._names.first_contact] if self._has_hourly else []
        of_canaries = [self._names.alias(recipe) for recipe in self._canaries]
        return Function(
            self,
            "Sweep",
            context=context,
            handler="lambdas.endpoint.handler.sweep",
            description="Releases recipe locks and deletes endpoints that failed executions left",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                *bedrock.delete_endpoints(self._location, self._names),
                bedrock.read_tags(self._location),
                running.read_parameters(self._location, self._names.alias("*"), *answers),
                *([running.write_parameters(self._location, *of_canaries)] if of_canaries else []),
                *borrowed_models.lease(self._location, self._names, context.lenders),
                *(borrowed_models.end_shares(self._location, self._names) if context.may_have_shares else ()),
                *(bedrock.stop_orphaned_judges(self._location, self._names) if self._has_judges else ()),
                *([monitoring.read_statistics(self._location)] if self._has_hourly else []),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                **({Variable.JUDGES: "true"} if self._has_judges else {}),
                **context.borrowing,
                **({Variable.IDLE_DAYS: str(context.idle_days)} if self._has_hourly else {}),
            },
            layers=[settings] if self._has_hourly else [],
            asynchronous=True,
            dead_letters=dead_letters,
        )

    def _schedule(self, context: StackContext, recipes: Sequence[Recipe]) -> None:
        """Invokes `sweep` when business hours begin and end. Its own schedule finds what these miss."""
        expressions, zones = dict[str, str](), dict[str, str]()
        for recipe in recipes:
            if (hours := recipe.business_hours) is not None:
                for when, text in (("opens", hours.opens), ("closes", hours.closes)):
                    expressions[f"{recipe.name}-{when}"] = cron_of(hours, text)
                    zones[f"{recipe.name}-{when}"] = hours.timezone
        if expressions:
            Schedules(
                self,
                "Hours",
                context=context,
                function=self.sweep,
                expressions=expressions,
                payloads={name: {"hours": name} for name in expressions},
                time_zones=zones,
            )


def cron_of(hours: BusinessHours, text: str) -> str:
    """The time of these days; 24:00 is on the days after them."""
    days_later, minute = divmod(minutes(text), 24 * 60)
    days = [(WEEKDAYS.index(day) + days_later) % 7 for day in hours.days]
    named = ",".join(WEEKDAYS[day][:3].upper() for day in sorted(days))
    return f"cron({minute % 60} {minute // 60} ? * {named} *)"
