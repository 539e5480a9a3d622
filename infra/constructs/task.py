"""One step of a stage's function as a state, with the road as its payload and the same retries everywhere."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from distillery.core.errors import Unfinished
from infra.constructs.function import Function

RESUMED = (Unfinished.__name__,)

PASSING = (
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "InternalServerException",
    "ModelNotReadyException",
    "ServiceUnavailableException",
    "ThrottlingException",
)
"""Errors that pass by themselves: Lambda's own (Step Functions guide, lambda-serverless-transient-error), then those
that Bedrock clients raise. Everything of ours but Unfinished is meant: nothing `Refused` is ever tried again."""

DISCARD = sfn.JsonPath.DISCARD
_ROAD = sfn.JsonPath.entire_payload
_STEP_TIMEOUT = sfn.Timeout.duration(Duration.minutes(16))  # Lambda ends an invocation after 15 at most
_AT_ONCE, _SOON, _AT_LAST = Duration.seconds(1), Duration.seconds(5), Duration.minutes(2)  # before a step is retried


def step(
    scope: Construct, name: str, *, function: Function, does: str, gives: str, also: Mapping[str, Any] | None = None
) -> tasks.LambdaInvoke:
    """A task that puts at `gives` what `function` answers to `{"step": does, "road": $}` and what `also` says."""
    task = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function.function,
        payload=_payload(does, also),
        payload_response_only=True,
        result_path=gives,
        retry_on_service_exceptions=False,
        task_timeout=_STEP_TIMEOUT,
    )
    return _retried(task)


def step_until_told(
    scope: Construct, name: str, *, function: Function, does: str, gives: str, within: Duration
) -> tasks.LambdaInvoke:
    """As `step`, but waits, without a clock running, for someone to answer the token in the payload."""
    task = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function.function,
        payload=_payload(does, {"token": sfn.JsonPath.task_token}),
        integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        result_path=gives,
        retry_on_service_exceptions=False,
        task_timeout=sfn.Timeout.duration(within),
    )
    return _retried(task)


def until_ready(
    scope: Construct, name: str, *, function: Function, gives: str, waiting: str, pending: str
) -> sfn.Chain:
    """Asks once a minute until the endpoint is no longer `pending`."""
    wait = sfn.Wait(scope, waiting, time=sfn.WaitTime.duration(Duration.minutes(1)))
    ask = step(scope, name, function=function, does="describe", gives=gives)
    again = sfn.Choice(scope, f"{name} ready?").when(sfn.Condition.string_equals(f"{gives}.status", pending), wait)
    wait.next(ask)
    ask.next(again)  # before afterwards(), which looks for ends that lead nowhere yet
    return sfn.Chain.custom(wait, again.afterwards(include_otherwise=True).end_states, again)


def _payload(does: str, also: Mapping[str, Any] | None) -> sfn.TaskInput:
    return sfn.TaskInput.from_object({"step": does, "road": _ROAD, **(also or {})})


def _retried(task: tasks.LambdaInvoke) -> tasks.LambdaInvoke:
    task.add_retry(errors=list(RESUMED), interval=_AT_ONCE, max_attempts=20, backoff_rate=1)
    task.add_retry(
        errors=list(PASSING),
        interval=_SOON,
        max_attempts=6,
        backoff_rate=2,
        jitter_strategy=sfn.JitterType.FULL,
        max_delay=_AT_LAST,
    )
    return task
