"""A Lambda function with a role and a log group of its own."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.parts.ground import Ground
from infra.parts.log_group import log_group
from infra.parts.parcel import parcel
from infra.parts.permissions import Permission, allow, running, storage
from infra.parts.queue import DeadLetters
from lambdas.shared.variables import Variable


class Function(Construct):
    """`handler` is the door, `lambdas.<stage>.handler.<name>`, and names the parcel too.

    The role may write to the function's log group, and do what `allow` gives it. With `asynchronous`, what the
    function could not handle goes to `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        ground: Ground,
        handler: str,
        description: str,
        timeout: Duration,
        memory_mb: int = 512,
        layers: Sequence[lambda_.ILayerVersion] = (),
        asynchronous: bool = False,
    ) -> None:
        super().__init__(scope, ident)
        self._ground = ground
        logs = log_group(self, "Logs", ground)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.dead_letters = DeadLetters(self, "DeadLetters", key=ground.key).queue if asynchronous else None
        self.allow(running.log_to(logs.log_group_arn))
        if self.dead_letters:
            self.allow(*storage.bury(self.dead_letters, ground.key))
        self.function = lambda_.Function(
            self,
            "Function",
            code=parcel(handler.split(".")[1]),
            handler=handler,
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            role=self.role.without_policy_updates(),
            log_group=logs,
            layers=[ground.sdk, *layers],
            timeout=timeout,
            memory_size=memory_mb,
            dead_letter_queue=self.dead_letters,
            environment={Variable.ENVIRONMENT.value: ground.names.environment},
        )
        self.function.node.add_dependency(self.role)

    def allow(self, *permissions: Permission) -> None:
        allow(self.role, *permissions)

    def tell(self, values: Mapping[Variable, str]) -> None:
        """Sets environment variables."""
        for variable, value in values.items():
            self.function.add_environment(variable.value, value)
