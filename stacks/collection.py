"""collection: logs calls and turns them into prompts, in the inference Region of an environment that owns the logs."""

from aws_cdk import CfnOutput
from constructs import Construct

from distillery.settings import Logging, Settings
from infra.constructs.managed_policies import collector_policy, logs_eraser_policy
from infra.constructs.ssm_outputs import publish
from infra.stages.collection import LOGGED, CollectionStage
from stacks.base import EnvironmentStack
from stacks.foundation import Foundation


class CollectionStack(EnvironmentStack):
    """The logging configuration, the table over the logs, and the function that collects prompts."""

    def __init__(
        self, scope: Construct, part: str, *, settings: Settings, logging: Logging, foundation: Foundation
    ) -> None:
        super().__init__(scope, part, settings=settings, region=settings.inference_region, description="logged calls")
        key, home = foundation.key(self), settings.home_region
        calls = foundation.calls(self, key)
        function = CollectionStage(
            self,
            "Collection",
            context=self.context_for(key),
            calls=calls,
            topic=foundation.topic(self),
            home_region=home,
            logging=logging,
            recipes=settings.recipes,
        ).function
        self.watched = {"Collection": function}
        where = {
            "function": function.function.function_name,
            "bucket": calls.bucket_name,
            "database": self.names.logs_database,
            "workgroup": self.names.workgroup,
        }
        publish(
            self,
            "Where",
            name=self.names.collection,
            description="The bucket of logged calls, and the function that collects prompts",
            value=where,
        )
        policy = collector_policy(self, "Collectors", names=self.names, home_region=home, function=function)
        CfnOutput(self, "CollectorPolicyArn", value=policy.managed_policy_arn)
        erasers = logs_eraser_policy(self, "Erasers", names=self.names, calls=calls, folders=LOGGED)
        CfnOutput(self, "LogsEraserPolicyArn", value=erasers.managed_policy_arn)
