"""Deletes old data sets every day unless they are in use, which S3 lifecycle rules cannot know."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import DATASETS_PREFIX
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import on_schedule
from infra.constructs.function import Function
from infra.constructs.permissions import running, storage
from infra.constructs.stack_context import StackContext


class Expiry(Construct):
    """`days` is how long a data set is kept that no alias refers to. Failed invocations go to `dead_letters`."""

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
                *storage.delete_versions(stores.data, DATASETS_PREFIX),
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(Location.of(self), context.names.alias("*")),
            ],
            environment={
                Variable.LEDGER: stores.ledger.table_name,
                Variable.DATA_BUCKET: stores.data.bucket_name,
                Variable.DATA_DAYS: str(days),
                Variable.TOPIC: stores.topic.topic_arn,
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
