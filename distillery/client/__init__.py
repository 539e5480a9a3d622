"""For applications: routes of a Distillery environment, and the account that holds it. boto3 alone; imports nothing
else of this project.

Names are imported when first used: the CDK app writes `document`'s maps, and need not wait for boto3.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distillery.client.account import AWS_ERRORS, Account, FunctionRefused, NotDeployed, NotReached
    from distillery.client.document import RouteMap

__all__ = ["AWS_ERRORS", "Account", "FunctionRefused", "NotDeployed", "NotReached", "RouteMap"]
_HOMES = {
    "account": ("AWS_ERRORS", "Account", "FunctionRefused", "NotDeployed", "NotReached"),
    "document": ("RouteMap",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
