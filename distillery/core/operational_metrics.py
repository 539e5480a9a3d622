"""Metrics about an environment itself, each a line of the function's log in CloudWatch's embedded metric format.

CloudWatch extracts them from the log, so a function needs no permission and waits for no API. Source: CloudWatch user
guide, "Specification: Embedded metric format". Metrics of requests are the client's (`distillery/client/metrics`).
"""

import json
import sys
from enum import StrEnum

from distillery.core import clock
from distillery.core.names import DIMENSION_ENVIRONMENT, DIMENSION_MODEL, Names


class OperationalMetric(StrEnum):
    """The metrics.

    LIFE_CYCLE_CHANGES: models with other dates than the catalog has. DAYS_UNTIL_END: days until a model ends.
    GUARD_ACTED: endpoints that the guard deleted and jobs that it stopped, because nothing named them. STALLED_JOBS:
    customization jobs that stay in a phase longer than they should. IDLE_ENDPOINTS: endpoints that bill by the hour and
    that nobody calls, by a metric that first contact has verified. CHANGED_RESOURCES: resources that were changed or
    deleted past CloudFormation. UNPROMOTED_STACKS: stacks that are not what was promoted. ATTENTION: 1 beside each
    value of these that is not 0, DAYS_UNTIL_END apart; the one alarm for all of them watches it.
    """

    LIFE_CYCLE_CHANGES = "LifeCycleChanges"
    DAYS_UNTIL_END = "DaysUntilEnd"
    GUARD_ACTED = "GuardActed"
    STALLED_JOBS = "StalledJobs"
    IDLE_ENDPOINTS = "IdleEndpoints"
    CHANGED_RESOURCES = "ChangedResources"
    UNPROMOTED_STACKS = "UnpromotedStacks"
    ATTENTION = "Attention"


def emit(names: Names, metric: OperationalMetric, value: float, *, model: str = "") -> None:
    """Writes one value to the log, by environment and, if it is given, by model."""
    dimensions = {DIMENSION_ENVIRONMENT: names.environment, **({DIMENSION_MODEL: model} if model else {})}
    attention: dict[str, int] = (
        {OperationalMetric.ATTENTION: 1} if value and metric is not OperationalMetric.DAYS_UNTIL_END else {}
    )
    directive = {
        "Namespace": names.metric_namespace,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in (metric, *attention)],
    }
    document = {
        "_aws": {"Timestamp": round(clock.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        metric: value,
        **attention,
    }
    # Unchanged and at once: CloudWatch extracts metrics only from a line with nothing before it.
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")
    sys.stdout.flush()
