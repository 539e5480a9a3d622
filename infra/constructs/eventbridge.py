"""EventBridge rules and schedules that invoke functions. Events that cannot be delivered go to a dead-letter queue."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.constructs.arn import Location
from infra.constructs.function import Function
from infra.constructs.permissions import allow, running, storage, trust
from infra.constructs.stack_context import StackContext

_RETRIES = 10
_MAX_AGE_SECONDS = 6 * 3600
"""EventBridge gives an event up after so many retries, or at this age."""


def on_event(
    scope: Construct, ident: str, *, description: str, pattern: events.EventPattern, function: Function
) -> events.Rule:
    """A rule that passes matching events to the function unchanged."""
    rule = events.Rule(scope, ident, description=description, event_pattern=pattern)
    rule.add_target(_target(function))
    return rule


def on_schedule(
    scope: Construct,
    ident: str,
    *,
    description: str,
    rate: Duration,
    payload: dict[str, Any],
    functions: list[Function],
) -> events.Rule:
    """A rule that invokes the functions with the same payload at a fixed rate."""
    rule = events.Rule(scope, ident, description=description, schedule=events.Schedule.rate(rate))
    for function in functions:
        rule.add_target(_target(function, events.RuleTargetInput.from_object(payload)))
    return rule


class Schedules(Construct):
    """EventBridge Scheduler schedules for one function, under a role of their own.

    These are no rules: each rule adds a statement to the function's resource policy, which has 20 KB for all of them.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        function: Function,
        expressions: Mapping[str, str],
        payloads: Mapping[str, Mapping[str, str]],
        time_zones: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """
        Args:
            scope: The parent construct.
            ident: The construct's id.
            context: The stack's context.
            function: The function to invoke; it has a dead-letter queue.
            expressions: `rate(…)` or `cron(…)` by the schedule's name.
            payloads: What the function is invoked with, by the schedule's name.
            time_zones: The time zone of the expression, by the schedule's name; UTC for any other.
        """
        super().__init__(scope, ident)
        assert function.dead_letters is not None, "a schedule needs a queue for the events that it cannot deliver"
        trusted = trust.service(Location.of(self), "scheduler.amazonaws.com", "schedule-group/default")
        role = iam.Role(self, "Role", assumed_by=trusted, description="Schedules of Distillery")
        send = storage.send_dead_letters(function.dead_letters, context.key)
        allow(role, running.invoke(function.arn), *send)
        queue = scheduler.CfnSchedule.DeadLetterConfigProperty(arn=function.dead_letters.queue_arn)
        for name, expression in expressions.items():
            schedule = scheduler.CfnSchedule(
                self,
                f"Schedule-{name}",
                description=f"Distillery: {name}",
                schedule_expression=expression,
                schedule_expression_timezone=time_zones.get(name),
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=function.arn,
                    role_arn=role.role_arn,
                    input=json.dumps(payloads[name]),
                    dead_letter_config=queue,
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_MAX_AGE_SECONDS, maximum_retry_attempts=_RETRIES
                    ),
                ),
            )
            schedule.node.add_dependency(role)


def _target(function: Function, payload: events.RuleTargetInput | None = None) -> targets.LambdaFunction:
    return targets.LambdaFunction(
        function.function,
        event=payload,
        dead_letter_queue=function.dead_letters,
        retry_attempts=_RETRIES,
        max_event_age=Duration.seconds(_MAX_AGE_SECONDS),
    )
