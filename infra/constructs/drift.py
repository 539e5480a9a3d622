"""The drift watch: a function that compares what is deployed with what was promoted, twice a day."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import on_schedule
from infra.constructs.function import Function
from infra.constructs.permissions import drift, running, storage
from infra.constructs.stack_context import StackContext


class DriftWatchFunction(Construct):
    """Asks CloudFormation to compare the stacks of both Regions, and reads the answers to its last questions.

    Failed invocations go to `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        inference_region: str,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, ident)
        location, names = Location.of(self), context.names
        there = location.at(inference_region)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.drift.handler.watch_drift",
            description="Compares what is deployed with its templates, and with what was promoted",
            timeout=Duration.minutes(5),
            memory_mb=256,  # it waits for CloudFormation, and is billed for its memory meanwhile
            permissions=[
                *drift.compare_stacks(location, there, names),
                *drift.read_configurations(location, there, names),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(location, names.promoted, names.drift),
                running.write_parameters(location, names.drift),
            ],
            environment={**stores.variables(Variable.TOPIC), Variable.INFERENCE_REGION: inference_region},
            asynchronous=True,
            dead_letters=dead_letters,
        )
        on_schedule(
            self,
            "TwiceADay",
            description="What is deployed is compared with what was promoted",
            rate=Duration.hours(12),
            payload={"watch": True},
            functions=[self.function],
        )
