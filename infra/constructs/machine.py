"""The state machine: standard, logged and traced, with a role that may invoke only its functions."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.arn import Location
from infra.constructs.function import Function
from infra.constructs.permissions import allow, running, trust
from infra.constructs.stack_context import StackContext


class Machine(Construct):
    """A state machine. `functions` are those that its states invoke."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        states: sfn.IChainable,
        functions: Sequence[Function],
        within: Duration,
    ) -> None:
        super().__init__(scope, ident)
        location = Location.of(self)
        role = iam.Role(self, "Role", assumed_by=trust.service(location, "states.amazonaws.com", "stateMachine:*"))
        arns = [function.function.function_arn for function in functions]
        allow(role, running.invoke(*arns), running.deliver_logs(), running.trace())
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(states),
            role=role.without_policy_updates(),  # CDK would add every version of every function
            logs=sfn.LogOptions(
                destination=context.log_group(self, "Logs"), level=sfn.LogLevel.ALL, include_execution_data=False
            ),
            tracing_enabled=True,
            timeout=within,
        )
        self.machine.node.add_dependency(role)
