"""Step Functions: the state machine, and the steps of a stage's function as its tasks.

All tasks have the same payload and the same retries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from distillery.core.errors import DistilleryError, EndpointChanging, Unfinished
from infra.constructs.arn import Location
from infra.constructs.function import Function
from infra.constructs.permissions import allow, attach, running, trust
from infra.constructs.stack_context import StackContext

RESUMED = (Unfinished.__name__,)
"""Errors of a step that has more to do and continues where it stopped."""

CHANGING = (EndpointChanging.__name__,)
"""An endpoint is created in about 8 minutes (third party) to 30 (Provisioned Throughput): asked again once a minute."""

KILLED = ("Lambda.Unknown", "Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout")
"""Errors of an invocation that was killed: it ran out of time or memory, or its process ended (Step Functions guide,
concepts-error-handling, and Lambda's own messages). Every step may be repeated, and what it has kept is not done again.
It is retried less often than `TRANSIENT` errors: an invocation may be killed after its 15 minutes each time."""

TRANSIENT = (
    # Lambda's own (Step Functions guide, lambda-serverless-transient-error)
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    # botocore's, where a response does not arrive
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "HTTPClientError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "SSLError",
    # of AWS services
    "ConcurrentModificationException",
    "ConcurrentResourcesLimitExceededException",
    "InternalErrorException",
    "InternalServerError",
    "InternalServerException",
    "InternalServiceFault",
    "KMSThrottlingException",
    "KmsThrottlingException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ServiceUnavailableException",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TooManyUpdates",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
)
"""Errors that pass. Our own but `Unfinished`, `EndpointChanging` and `JobStalled` are final: `Refused` is never
retried."""

UNNAMED = ("ClientError",)
"""An error of a service whose code botocore does not know, such as S3's SlowDown and InternalError."""

DISCARD = sfn.JsonPath.DISCARD
_STATE = sfn.JsonPath.entire_payload
_STEP_TIMEOUT = sfn.Timeout.duration(Duration.minutes(16))  # Lambda ends an invocation after at most 15
_RESUME_AFTER, _CHANGED_AFTER = Duration.seconds(1), Duration.minutes(1)
_FIRST_RETRY_AFTER, _MAX_RETRY_DELAY = Duration.seconds(5), Duration.minutes(2)


class Machine(Construct):
    """A standard state machine, logged and traced, whose role may invoke only its `functions`, those of its states, and
    run only its own chunks, by the `labels` of its Maps."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        states: sfn.IChainable,
        functions: Sequence[Function],
        labels: Sequence[str],
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
                destination=context.vended_log_group(self, "Logs", "states"),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
            tracing_enabled=True,
            timeout=within,
        )
        self.machine.node.add_dependency(role)
        self.machine.node.try_remove_child("DistributedMapPolicy")  # CDK's own, for executions of every name
        machine = (self.machine.state_machine_arn, self.machine.state_machine_name)
        if labels:
            attach(self, "Chunks", role, *running.run_chunks(location, *machine, *labels))


def step(
    scope: Construct,
    name: str,
    *,
    function: Function,
    action: str,
    result_path: str,
    payload: Mapping[str, Any] | None = None,
) -> tasks.LambdaInvoke:
    """A task that invokes one step of a stage's function.

    Args:
        scope: The construct that the state belongs to.
        name: The state's name.
        function: The stage's function.
        action: The step of the function, such as `check`.
        result_path: JSON path at which the answer is stored.
        payload: What the function receives beside `{"step": action, "state": $}`; it may replace `state`.
    """
    task = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function.function,
        payload=_payload(action, payload),
        payload_response_only=True,
        result_path=result_path,
        retry_on_service_exceptions=False,
        task_timeout=_STEP_TIMEOUT,
    )
    return _with_retries(task)


def step_with_callback(
    scope: Construct,
    name: str,
    *,
    function: Function,
    action: str,
    result_path: str,
    within: Duration,
    once_more_after: type[DistilleryError],
) -> tasks.LambdaInvoke:
    """A task that invokes a step, then waits until something answers its task token. No function runs meanwhile.

    Args:
        scope: The construct that the state belongs to.
        name: The state's name.
        function: The stage's function. Its payload is that of `step` with the task token under `token`.
        action: The step of the function, such as `start`.
        result_path: JSON path at which the answer is stored.
        within: How long the task waits before it fails with `States.Timeout`. Source: Step Functions guide,
            connect-to-resource (Wait for a Callback with Task Token).
        once_more_after: The error of the token after which the step is invoked once more, with a new token.
    """
    task = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function.function,
        payload=_payload(action, {"token": sfn.JsonPath.task_token}),
        integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        result_path=result_path,
        retry_on_service_exceptions=False,
        task_timeout=sfn.Timeout.duration(within),
    )
    task.add_retry(errors=[once_more_after.__name__], interval=_RESUME_AFTER, max_attempts=1, backoff_rate=1)
    return _with_retries(task)


def wait_until_ready(
    scope: Construct, name: str, *, function: Function, result_path: str, wait_name: str, pending: str
) -> sfn.Chain:
    """Describes an endpoint once a minute until its status is no longer `pending`."""
    wait = sfn.Wait(scope, wait_name, time=sfn.WaitTime.duration(Duration.minutes(1)))
    describe = step(scope, name, function=function, action="describe", result_path=result_path)
    is_pending = sfn.Condition.string_equals(f"{result_path}.status", pending)
    ready = sfn.Choice(scope, f"{name} ready?").when(is_pending, wait)
    wait.next(describe)
    describe.next(ready)  # before afterwards(), which collects the ends that have no next state yet
    return sfn.Chain.custom(wait, ready.afterwards(include_otherwise=True).end_states, ready)


def _payload(action: str, more: Mapping[str, Any] | None) -> sfn.TaskInput:
    return sfn.TaskInput.from_object({"step": action, "state": _STATE, **(more or {})})


def _with_retries(task: tasks.LambdaInvoke) -> tasks.LambdaInvoke:
    task.add_retry(errors=list(RESUMED), interval=_RESUME_AFTER, max_attempts=20, backoff_rate=1)
    task.add_retry(errors=list(CHANGING), interval=_CHANGED_AFTER, max_attempts=45, backoff_rate=1)
    rare = [*KILLED, *UNNAMED]
    task.add_retry(errors=rare, interval=_FIRST_RETRY_AFTER, max_attempts=3, backoff_rate=2)
    task.add_retry(
        errors=list(TRANSIENT),
        interval=_FIRST_RETRY_AFTER,
        max_attempts=6,
        backoff_rate=2,
        jitter_strategy=sfn.JitterType.FULL,
        max_delay=_MAX_RETRY_DELAY,
    )
    return task
