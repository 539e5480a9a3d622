"""A Lambda function with its own role, log group and, for asynchronous invocations, dead-letter queue."""

import functools
from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs import compliance
from infra.constructs.lambda_code import ARCHITECTURE, RUNTIME, stage_code
from infra.constructs.permissions import Permission, allow, allow_more, attach, running, storage
from infra.constructs.stack_context import StackContext


class DeadLetters(Construct):
    """A dead-letter queue: encrypted, TLS only, kept for the longest time that SQS allows."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey) -> None:
        super().__init__(scope, ident)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(24),  # fewer calls of KMS: a queue that is idle costs nothing
            retention_period=Duration.days(14),
            enforce_ssl=True,
        )


_NO_NETWORK = {
    "NIST.800.53.R5-LambdaInsideVPC": "The function calls only AWS endpoints, over TLS and with its role's "
    "permissions; nothing can connect to it, and it needs nothing from a network of the account.",
}
_SHARED_CONCURRENCY = {
    "NIST.800.53.R5-LambdaConcurrency": "Its callers limit the rate: the state machine, a schedule, or a person "
    "who may invoke it. Reserved concurrency would be taken from the account's other functions.",
}
_CALLER_WAITS = {
    "NIST.800.53.R5-LambdaDLQ": "The caller waits for the response and sees a failure: no event is queued that "
    "could be lost.",
}

SERVICE_TIMEOUT = Duration.minutes(20)
"""After which CloudFormation gives up on the function of a custom resource: longer than any invocation, and shorter
than the hour that a stack would otherwise wait for a function that was killed."""

_LAMBDA = iam.ServicePrincipal("lambda.amazonaws.com")


class Function(Construct):
    """A function. `handler` is `lambdas.<stage>.<module>.<name>`; its stage determines the code.

    The role may write to the function's log group and has `permissions`. With `asynchronous`, failed events go to
    `dead_letters`, or to a new queue; a queue that functions share has one alarm for all of them.
    `reserved_concurrency` is the number of concurrent invocations; None shares the account's unreserved concurrency.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        handler: str,
        description: str,
        timeout: Duration,
        permissions: Sequence[Permission] = (),
        environment: Mapping[Variable, str] = {},
        memory_mb: int = 512,
        layers: Sequence[lambda_.ILayerVersion] = (),
        asynchronous: bool = False,
        reserved_concurrency: int | None = None,
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, ident)
        logs = context.log_group(self, "Logs")
        role = iam.Role(self, "Role", assumed_by=_LAMBDA)
        self.dead_letters = dead_letters
        if asynchronous and dead_letters is None:
            self.dead_letters = DeadLetters(self, "DeadLetters", key=context.key).queue
        bury = storage.send_dead_letters(self.dead_letters, context.key) if self.dead_letters else ()
        self._role = role
        self._policy = allow(role, running.log_to(logs.log_group_arn), *bury, *permissions)
        self.function = lambda_.Function(
            self,
            "Function",
            code=stage_code(handler.split(".")[1]),
            handler=handler,
            description=description,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            role=role.without_policy_updates(),
            log_group=logs,
            layers=[context.sdk, *layers],
            timeout=timeout,
            memory_size=memory_mb,
            reserved_concurrent_executions=reserved_concurrency,
            dead_letter_queue=self.dead_letters,
            environment={Variable.ENVIRONMENT.value: context.names.environment} | _spelled(environment),
        )
        self.function.node.add_dependency(role)
        awaited = {} if asynchronous else _CALLER_WAITS
        shared = _SHARED_CONCURRENCY if reserved_concurrency is None else {}
        compliance.acknowledge(self.function, {**_NO_NETWORK, **shared, **awaited})

    @functools.cached_property
    def arn(self) -> str:
        """Cached: every value is a call to the CDK's process, and many policies and states name the function."""
        return self.function.function_arn

    def allow_more(self, *permissions: Permission) -> None:
        """Permissions on resources that are made after the function."""
        allow_more(self._policy, *permissions)

    def attach_policy(self, scope: Construct, ident: str, *permissions: Permission) -> None:
        """Permissions on what depends on the function itself: a policy of its own, which the function does not wait
        for."""
        attach(scope, ident, self._role, *permissions)

    def add_environment(self, values: Mapping[Variable, str]) -> None:
        """Environment variables about resources that are made after the function."""
        for name, value in _spelled(values).items():
            self.function.add_environment(name, value)


def _spelled(values: Mapping[Variable, str]) -> dict[str, str]:
    return {variable.value: value for variable, value in values.items()}


def iam_url(function: Function) -> str:
    """Creates a function URL for signed requests, which users of this account need `running.decide` for."""
    return lambda_.CfnUrl(function, "Url", auth_type="AWS_IAM", target_function_arn=function.arn).attr_function_url
