"""serving: routes and the function that calls what they lead to, in the inference Region."""

from aws_cdk import CfnOutput
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.config import Settings
from infra.parts.function import Function
from infra.parts.people import caller_policy
from infra.stages.serving import Serving
from stacks.base import EnvironmentStack
from stacks.foundation import Foundation


class ServingStack(EnvironmentStack):
    """What callers see of an environment."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, foundation: Foundation) -> None:
        super().__init__(scope, part, settings=settings, region=settings.inference_region, description="routes")
        ground = self.ground(foundation.key(self))
        serving = Serving(self, "Serving", ground=ground, home_region=settings.home_region, routes=settings.routes)
        self.function = serving.function
        ssm.StringParameter(
            self,
            "Where",
            parameter_name=self.names.serving,
            description="The invoke function and the routes, for the command line",
            string_value=self.to_json_string(
                {"function": self.function.function.function_name, "routes": sorted(settings.routes)}
            ),
        )
        policy = caller_policy(
            self, "Callers", names=self.names, home_region=settings.home_region, function=self.function
        )
        CfnOutput(self, "FunctionArn", value=self.function.function.function_arn)
        CfnOutput(self, "CallerPolicyArn", value=policy.managed_policy_arn)

    @property
    def watched(self) -> dict[str, Function]:
        """Functions whose errors nobody would see otherwise."""
        return {"Serving": self.function}
