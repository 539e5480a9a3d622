"""Prompts and replies in the log, where somebody switched that on: never without a count, which an alarm watches.

The count comes first, in a line of its own: CloudWatch takes metrics only from a line that reached it whole, and a long
conversation does not (CloudWatch guide, "Specification: Embedded metric format").
"""

from collections.abc import Callable, Mapping
from typing import Any

from distillery.client.metrics import BY_ENVIRONMENT, Dimension, directive, embedded, to_line
from distillery.core.escaping import as_json
from distillery.core.names import METRIC_PROMPTS_LOGGED


def log_prompt(
    write: Callable[[str], object], environment: str, conversation: Mapping[str, Any], reply: str, *, at: float
) -> None:
    """at: seconds since the epoch."""
    counted = {
        **embedded([directive(BY_ENVIRONMENT, [METRIC_PROMPTS_LOGGED])], at=at),
        Dimension.ENVIRONMENT: environment,
        METRIC_PROMPTS_LOGGED: 1,
    }
    write(to_line(counted))
    write(as_json({"asked": conversation, "answered": reply}))
