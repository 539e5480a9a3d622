"""Imports Python modules while Node loads the CDK: `app.py` does this first, so that neither waits for the other.

Node takes a third of a second to start and to load the CDK and its rules. Python calls it through one pipe, so only one
thread may call it: modules that the other thread imports meanwhile must not call Node.
"""

import importlib
import threading
from collections.abc import Sequence

SETTINGS = ("distillery.settings",)
SERVICES = (
    "aws_cdk.aws_bedrock",
    "aws_cdk.aws_cloudwatch_actions",
    "aws_cdk.aws_dynamodb",
    "aws_cdk.aws_ssm",
    "aws_cdk.aws_stepfunctions_tasks",
)
"""These import the CDK's modules of the other services; all are declarations."""


def import_ahead() -> None:
    """Imports the CDK and the settings in parallel, then the rules and the CDK's services."""
    importlib.import_module("jsii")  # so that what follows begins by starting Node
    _beside("aws_cdk", SETTINGS)
    _beside("cdk_nag", SERVICES)


def _beside(asking: str, silent: Sequence[str]) -> None:
    """An import that fails in the thread fails again, and is reported, where the module is imported as usual."""
    thread = threading.Thread(target=lambda: [importlib.import_module(name) for name in silent])
    thread.start()
    importlib.import_module(asking)
    thread.join()
