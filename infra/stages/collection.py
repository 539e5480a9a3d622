"""collection: turns logged calls into prompts, in the inference Region, where the calls are made."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.logs import LogReadMode
from distillery.core.names import COLLECTED_PREFIX, PROMPTS_PREFIX
from distillery.core.recipe import Recipe
from distillery.settings import Logging
from infra.constructs.arn import Location
from infra.constructs.bucket import logs_uri
from infra.constructs.eventbridge import Schedules, on_event, on_schedule
from infra.constructs.function import Function
from infra.constructs.invocation_logging import RESULTS, TABLE, InvocationLogging, InvocationLogTable
from infra.constructs.layers import settings_layer
from infra.constructs.permissions import Permission, analytics, bedrock, running, storage
from infra.constructs.stack_context import StackContext

PENDING = "pending/"
LOGGED = ("AWSLogs/", PENDING, RESULTS)
"""Folders of the log bucket that contain texts."""
SLOW_POLL = Duration.hours(6)


class CollectionStage(Construct):
    """`function` collects on request, on a schedule, and when a query has ended."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        calls: s3.IBucket,
        topic: sns.ITopic,
        home_region: str,
        logging: Logging,
        recipes: Mapping[str, Recipe],
    ) -> None:
        super().__init__(scope, ident)
        self._names, self._location, self._home = context.names, Location.of(self), Location.of(self).at(home_region)
        InvocationLogging(self, "Logging", context=context, bucket=calls, replace=logging.replace)
        InvocationLogTable(
            self, "Table", context=context, bucket=calls, keep_days=logging.keep_days, max_scan_gb=logging.max_scan_gb
        )
        self.function = self._collect(context, calls, topic, recipes)
        self._on_ended_queries(recipes)
        self._schedules(context, recipes)

    def _collect(
        self, context: StackContext, calls: s3.IBucket, topic: sns.ITopic, recipes: Mapping[str, Recipe]
    ) -> Function:
        return Function(
            self,
            "Function",
            context=context,
            handler="lambdas.collection.handler.collect",
            description="Turns logged calls into prompts, and writes them to the home Region",
            timeout=Duration.minutes(15),
            memory_mb=2048,
            permissions=self._permissions(context, calls, topic),
            environment={
                Variable.LOGS: logs_uri(self._location, calls),
                Variable.HOME_REGION: self._home.region,
                Variable.TOPIC: topic.topic_arn,
            },
            layers=[settings_layer(self, "Recipes", recipes)],
            asynchronous=True,
        )

    def _permissions(self, context: StackContext, calls: s3.IBucket, topic: sns.ITopic) -> list[Permission]:
        names = self._names
        return [
            *storage.read(calls, *LOGGED),
            *storage.write(calls, PENDING, RESULTS),
            storage.remove(calls, PENDING),
            *analytics.query(
                self._location,
                workgroup=names.workgroup,
                database=names.logs_database,
                table=TABLE,
                bucket=calls,
                results=RESULTS,
            ),
            bedrock.get_profiles(self._location),
            running.read_parameters(self._home, names.pipeline),
            *storage.write_by_name(self._home, names.environment, PROMPTS_PREFIX, COLLECTED_PREFIX),
            *storage.notify(topic, context.key),
        ]

    def _on_ended_queries(self, recipes: Mapping[str, Recipe]) -> None:
        """Athena's events are best effort (Athena guide, athena-events): the slow poll finds what they miss."""
        if not any(recipe.logs and recipe.logs.how is LogReadMode.ATHENA for recipe in recipes.values()):
            return
        ended = events.EventPattern(
            source=["aws.athena"],
            detail_type=["Athena Query State Change"],
            detail={"workgroupName": [self._names.workgroup], "currentState": ["SUCCEEDED", "FAILED", "CANCELLED"]},
        )
        on_event(self, "OnEndedQuery", description="A query has ended", pattern=ended, function=self.function)
        missed = "Finds ended queries whose events were missed: they are best effort"
        on_schedule(
            self, "SlowPoll", description=missed, rate=SLOW_POLL, payload={"poll": True}, functions=[self.function]
        )

    def _schedules(self, context: StackContext, recipes: Mapping[str, Recipe]) -> None:
        expressions = {
            name: recipe.logs.schedule for name, recipe in recipes.items() if recipe.logs and recipe.logs.schedule
        }
        if expressions:
            payloads = {name: {"recipe": name} for name in expressions}
            Schedules(
                self, "Schedules", context=context, function=self.function, expressions=expressions, payloads=payloads
            )
