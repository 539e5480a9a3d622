"""EventBridge Scheduler: a function is told the same thing at set times, under a role of its own.

Not a rule: each of those adds a statement to the function's own policy, which has 20 KB for all of them.
"""

import json
from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.constructs.arn import Place
from infra.constructs.function import Function
from infra.constructs.permissions import allow, running, storage, trust
from infra.constructs.stack_context import Ground


class Schedules(Construct):
    """`expressions`: name → `rate(…)` or `cron(…)`; `says`: name → what the function is told then."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        ground: Ground,
        function: Function,
        expressions: Mapping[str, str],
        says: Mapping[str, Mapping[str, str]],
    ) -> None:
        super().__init__(scope, ident)
        assert function.dead_letters is not None, "what a schedule could not deliver has to go somewhere"
        trusted = trust.service(Place.of(self), "scheduler.amazonaws.com", "schedule-group/default")
        role = iam.Role(self, "Role", assumed_by=trusted, description="Schedules of Distillery")
        allow(role, running.invoke(function.function.function_arn), *storage.bury(function.dead_letters, ground.key))
        letters = scheduler.CfnSchedule.DeadLetterConfigProperty(arn=function.dead_letters.queue_arn)
        for name, expression in expressions.items():
            schedule = scheduler.CfnSchedule(
                self,
                f"Schedule-{name}",
                description=f"Distillery: {name}",
                schedule_expression=expression,
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=function.function.function_arn,
                    role_arn=role.role_arn,
                    input=json.dumps(says[name]),
                    dead_letter_config=letters,
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=6 * 3600, maximum_retry_attempts=10
                    ),
                ),
            )
            schedule.node.add_dependency(role)
