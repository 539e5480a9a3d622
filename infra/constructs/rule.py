"""An EventBridge rule that invokes functions, and does not lose what they could not be given."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.constructs.function import Function


def on_event(
    scope: Construct, ident: str, *, description: str, pattern: events.EventPattern, function: Function
) -> events.Rule:
    """Events that match go to the function as they are."""
    rule = events.Rule(scope, ident, description=description, event_pattern=pattern)
    rule.add_target(_target(function))
    return rule


def every(
    scope: Construct, ident: str, *, description: str, rate: Duration, says: dict[str, Any], functions: list[Function]
) -> events.Rule:
    """The functions are told the same thing again and again."""
    rule = events.Rule(scope, ident, description=description, schedule=events.Schedule.rate(rate))
    for function in functions:
        rule.add_target(_target(function, events.RuleTargetInput.from_object(says)))
    return rule


def _target(function: Function, says: events.RuleTargetInput | None = None) -> targets.LambdaFunction:
    return targets.LambdaFunction(
        function.function,
        event=says,
        dead_letter_queue=function.dead_letters,
        retry_attempts=10,
        max_event_age=Duration.hours(6),
    )
