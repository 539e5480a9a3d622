"""dataset: turns an upload into a run, and deletes old data sets. It is no state: it starts the state machine."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.golden import golden_folders
from distillery.core.names import (
    COLLECTED_PREFIX,
    DATASETS_PREFIX,
    PROMPTS_PREFIX,
    REPORTS_PREFIX,
    SYSTEM_PROMPTS_PREFIX,
    UPLOADS_PREFIX,
)
from distillery.core.recipe import Recipe
from infra.constructs.arn import Location
from infra.constructs.bucket import logs_uri
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import on_event, on_schedule
from infra.constructs.function import Function, iam_url
from infra.constructs.layers import packages_layer, settings_layer
from infra.constructs.permissions import running, storage
from infra.constructs.stack_context import StackContext
from infra.packing import Packages


class DatasetStage(Construct):
    """`function` is invoked for every object under `prompts/` and `collected/` of the prompts bucket, and by
    `distillery run`.

    `distillery approve` and `reject` invoke `approval` at `approval_url`. `recipes` is the layer with the recipes.
    """

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, stores: DataStores, recipes: Mapping[str, Recipe]
    ) -> None:
        super().__init__(scope, ident)
        self.recipes = settings_layer(self, "Recipes", recipes)
        golden = golden_folders(recipes.values())
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.dataset.handler.receive",
            description="Validates prompts, splits them, estimates the run's cost and starts it",
            timeout=Duration.minutes(15),
            memory_mb=2048,
            permissions=[
                *storage.read(stores.prompts, PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX, *golden),
                *storage.write(stores.data, DATASETS_PREFIX, REPORTS_PREFIX),
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.DATA_BUCKET, Variable.TOPIC),
                **self._stated(stores, golden),
                **context.admitted_ways,
            },
            layers=[packages_layer(self, "Wheels", Packages.DATASET), self.recipes],
            asynchronous=True,
        )
        self.approval = self._approval(context, stores)
        self.approval_url = iam_url(self.approval)
        self._on_upload(stores)

    def _stated(self, stores: DataStores, golden: tuple[str, ...]) -> dict[Variable, str]:
        """Where golden sets are, if a recipe has one, and the locations that a file of collected logs must match, if
        calls are logged in this Region."""
        prompts = stores.variables(Variable.PROMPTS_BUCKET) if golden or stores.calls is not None else {}
        return prompts if stores.calls is None else prompts | {Variable.LOGS: logs_uri(Location.of(self), stores.calls)}

    def attach(self, machine: sfn.StateMachine) -> None:
        """Lets the functions start runs on this state machine."""
        for function in (self.function, self.approval):
            function.add_environment({Variable.STATE_MACHINE: machine.state_machine_arn})
            function.allow_more(running.start(machine.state_machine_arn))

    def _approval(self, context: StackContext, stores: DataStores) -> Function:
        return Function(
            self,
            "Approval",
            context=context,
            handler="lambdas.dataset.approval.decide",
            description="Approves or rejects runs that are above their budget",
            timeout=Duration.minutes(1),
            permissions=[*storage.use_ledger(stores.ledger), *storage.notify(stores.topic, context.key)],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                **context.four_eyes,
            },
            layers=[self.recipes],  # cap and deciders as they are now, not as at the upload
        )

    def _on_upload(self, stores: DataStores) -> None:
        keys = [{"prefix": folder} for folder in (PROMPTS_PREFIX, COLLECTED_PREFIX)]
        uploads = events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={"bucket": {"name": [stores.prompts.bucket_name]}, "object": {"key": keys}},
        )
        on_event(self, "OnUpload", description="New prompts", pattern=uploads, function=self.function)


class Expiry(Construct):
    """Deletes old data sets every day unless they are in use, which S3 lifecycle rules cannot know.

    `days` is how long a data set is kept that no alias refers to. Failed invocations go to `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        days: int,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, ident)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.expiry.handler.expire",
            description="Deletes data sets that are old and not in use",
            timeout=Duration.minutes(15),
            permissions=[
                *storage.delete_versions(stores.data, DATASETS_PREFIX, SYSTEM_PROMPTS_PREFIX),
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(Location.of(self), context.names.alias("*")),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.DATA_BUCKET),
                Variable.DATA_DAYS: str(days),
                **stores.variables(Variable.TOPIC),
            },
            asynchronous=True,
            dead_letters=dead_letters,
        )
        on_schedule(
            self,
            "Daily",
            description="Data sets that are old and not in use are deleted",
            rate=Duration.days(1),
            payload={"expire": True},
            functions=[self.function],
        )
