"""serving: the routes and the function that calls them, in the inference Region."""

from aws_cdk import CfnOutput
from constructs import Construct

from distillery.settings import Settings, policies
from distillery.settings.route_map import probed
from infra.constructs.managed_policies import caller_policy, measurer_policy
from infra.constructs.ssm_outputs import publish
from infra.stages.serving import ServingStage, vpc_endpoint
from stacks.base import EnvironmentStack
from stacks.foundation import Foundation


class ServingStack(EnvironmentStack):
    """The part of an environment that callers use."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, foundation: Foundation) -> None:
        super().__init__(scope, part, settings=settings, region=settings.inference_region, description="routes")
        context, home = self.context_for(foundation.key(self)), settings.home_region
        routes = policies(settings)
        serving = ServingStage(
            self,
            "Serving",
            context=context,
            home_region=home,
            policies=routes,
            reserved_concurrency=settings.reserved_concurrency,
            quota=settings.quota.to_caller_quota() if settings.quota else None,
        )
        function = serving.function
        self.watched = {"Serving": function}
        where = {"function": function.function.function_name, "url": serving.url, "routes": sorted(settings.routes)}
        publish(self, "Where", name=self.names.serving, description="The invoke function and the routes", value=where)
        self._reach()
        alias = serving.alias.name if serving.alias else None
        policy = caller_policy(self, "Callers", names=self.names, home_region=home, function=function, alias=alias)
        CfnOutput(self, "FunctionArn", value=function.arn)
        CfnOutput(self, "FunctionUrl", value=serving.url)
        measurers = measurer_policy(self, "Measurers", names=self.names, home_region=home, probed=probed(routes))
        CfnOutput(self, "CallerPolicyArn", value=policy.managed_policy_arn)
        CfnOutput(self, "MeasurerPolicyArn", value=measurers.managed_policy_arn)

    def _reach(self) -> None:
        """An endpoint in a VPC, if the settings have one."""
        if self.settings.vpc_endpoint is not None:
            CfnOutput(self, "VpcEndpointId", value=vpc_endpoint(self, "BedrockRuntime", self.settings.vpc_endpoint))
