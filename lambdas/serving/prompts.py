"""Prompts and replies in the log, where somebody switched that on: never without a count, which an alarm watches.

The count comes first, in a line of its own: CloudWatch takes metrics only from a line that reached it whole, and a long
conversation does not (CloudWatch guide, "Specification: Embedded metric format").
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from distillery.client.metrics import NAMESPACE, Dimension
from lambdas.shared.escaping import as_json
from lambdas.shared.names import METRIC_PROMPTS_LOGGED


def log_prompt(
    write: Callable[[str], object], environment: str, conversation: Mapping[str, Any], reply: str, *, at: float
) -> None:
    """at: seconds since the epoch."""
    write(json.dumps(_count(environment, at), separators=(",", ":")))
    write(as_json({"asked": conversation, "answered": reply}))


def _count(environment: str, at: float) -> dict[str, Any]:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[Dimension.ENVIRONMENT]],
        "Metrics": [{"Name": METRIC_PROMPTS_LOGGED, "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": round(at * 1000), "CloudWatchMetrics": [directive]},
        Dimension.ENVIRONMENT: environment,
        METRIC_PROMPTS_LOGGED: 1,
    }
