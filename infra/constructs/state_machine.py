"""Step Functions: the state machine, and the steps of a stage's function as its tasks.

All tasks have the same payload and the same retries.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
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
_STEP_TIMEOUT = 16 * 60  # Lambda ends an invocation after at most 15 minutes


def _retry(errors: Iterable[str], *, after: int, attempts: int, backoff: int = 1, **more: Any) -> Mapping[str, Any]:
    """A retrier of the Amazon States Language. `after`: seconds before the first retry."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": after,
        "MaxAttempts": attempts,
        "BackoffRate": backoff,
        **more,
    }


_RETRIES = [
    _retry(RESUMED, after=1, attempts=20),
    _retry(CHANGING, after=60, attempts=45),
    _retry((*KILLED, *UNNAMED), after=5, attempts=3, backoff=2),
    _retry(TRANSIENT, after=5, attempts=6, backoff=2, MaxDelaySeconds=120, JitterStrategy="FULL"),
]


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
        arns = [function.arn for function in functions]
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
) -> sfn.CustomState:
    """A task that invokes one step of a stage's function.

    Args:
        scope: The construct that the state belongs to.
        name: The state's name.
        function: The stage's function.
        action: The step of the function, such as `check`.
        result_path: JSON path at which the answer is stored.
        payload: What the function receives beside `{"step": action, "state.$": "$"}`; it may replace `state.$`.
    """
    return _task(
        scope,
        name,
        result_path,
        Resource=function.arn,
        Parameters=_payload(action, payload),
        TimeoutSeconds=_STEP_TIMEOUT,
        Retry=_RETRIES,
    )


def step_with_callback(
    scope: Construct,
    name: str,
    *,
    function: Function,
    action: str,
    result_path: str,
    within: Duration,
    once_more_after: type[DistilleryError],
) -> sfn.CustomState:
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
    return _task(
        scope,
        name,
        result_path,
        Resource=f"arn:{Aws.PARTITION}:states:::lambda:invoke.waitForTaskToken",
        Parameters={
            "FunctionName": function.arn,
            "Payload": _payload(action, {"token.$": "$$.Task.Token"}),
        },
        TimeoutSeconds=within.to_seconds(),
        Retry=[_retry([once_more_after.__name__], after=1, attempts=1), *_RETRIES],
    )


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


def _payload(action: str, more: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"step": action, "state.$": "$", **(more or {})}


def _task(scope: Construct, name: str, result_path: str, **fields: Any) -> sfn.CustomState:
    """A task by the fields of the Amazon States Language: one call to the CDK's process instead of one for each retrier
    and payload."""
    return sfn.CustomState(scope, name, state_json={"Type": "Task", "ResultPath": result_path, **fields})
