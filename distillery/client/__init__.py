"""For applications: routes of a Distillery environment, and the account that holds it. boto3 alone; imports nothing
else of this project.

Names are imported when first used: the CDK app writes `document`'s maps, and need not wait for boto3.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distillery.client.account import Account, NotDeployed
    from distillery.client.aws import AWS_ERRORS
    from distillery.client.errors import (
        AllStepsFailed,
        MapUnavailable,
        NoSuchRoute,
        NotConfigured,
        RouteError,
        StreamBroken,
    )
    from distillery.client.listing import published
    from distillery.client.metrics import EmbeddedMetrics, Served
    from distillery.client.refused import FunctionRefused, NotReached
    from distillery.client.reply import Attempt, Reply
    from distillery.client.route import Route
    from distillery.client.route_map import Mode, Prices, RouteMap, Step
    from distillery.client.stream import ReplyStream

__all__ = [
    "AWS_ERRORS",
    "Account",
    "AllStepsFailed",
    "Attempt",
    "EmbeddedMetrics",
    "FunctionRefused",
    "MapUnavailable",
    "Mode",
    "NoSuchRoute",
    "NotConfigured",
    "NotDeployed",
    "NotReached",
    "Prices",
    "Reply",
    "ReplyStream",
    "Route",
    "RouteError",
    "RouteMap",
    "Served",
    "Step",
    "StreamBroken",
    "published",
]
_HOMES = {
    "account": ("Account", "NotDeployed"),
    "aws": ("AWS_ERRORS",),
    "route_map": ("Mode", "Prices", "RouteMap", "Step"),
    "errors": ("AllStepsFailed", "MapUnavailable", "NoSuchRoute", "NotConfigured", "RouteError", "StreamBroken"),
    "metrics": ("EmbeddedMetrics", "Served"),
    "listing": ("published",),
    "refused": ("FunctionRefused", "NotReached"),
    "reply": ("Attempt", "Reply"),
    "route": ("Route",),
    "stream": ("ReplyStream",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
