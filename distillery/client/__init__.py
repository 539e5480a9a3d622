"""The client library: routes of a Distillery environment, and the account that holds it.

It depends on boto3 alone and imports nothing else of this project. Names are imported when they are first used: the CDK
app writes maps with `route_map`, and does not have to wait for boto3.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distillery.client.account import Account, NotDeployed
    from distillery.client.aws import AWS_ERRORS
    from distillery.client.converse import Reply
    from distillery.client.errors import (
        AllStepsFailed,
        Attempt,
        FunctionRefused,
        MapUnavailable,
        NoSuchRoute,
        NotConfigured,
        NotReached,
        RouteError,
        StreamBroken,
    )
    from distillery.client.invocation import Served
    from distillery.client.metrics import EmbeddedMetrics
    from distillery.client.published_maps import published
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
_MODULES = {
    "account": ("Account", "NotDeployed"),
    "aws": ("AWS_ERRORS",),
    "converse": ("Reply",),
    "errors": (
        "AllStepsFailed",
        "Attempt",
        "FunctionRefused",
        "MapUnavailable",
        "NoSuchRoute",
        "NotConfigured",
        "NotReached",
        "RouteError",
        "StreamBroken",
    ),
    "invocation": ("Served",),
    "metrics": ("EmbeddedMetrics",),
    "published_maps": ("published",),
    "route": ("Route",),
    "route_map": ("Mode", "Prices", "RouteMap", "Step"),
    "stream": ("ReplyStream",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
