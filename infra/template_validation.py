"""The CDK's own validation of templates, whose engine Node loads while Python imports the CDK's services.

Each takes most of a second. Python calls Node through one pipe, so only one thread may call it: a module that the other
thread imports meanwhile must not (tests/unit/stacks/test_template_validation.py).
"""

import importlib
import os
from concurrent.futures import ThreadPoolExecutor

from aws_cdk import CloudFormationValidatePlugin

MEANWHILE = (
    "distillery.settings",
    *(
        f"aws_cdk.aws_{service}"
        for service in (
            "bedrock",
            "budgets",
            "cloudwatch_actions",
            "dynamodb",
            "events_targets",
            "lambda",
            "s3",
            "scheduler",
            "sns_subscriptions",
            "ssm",
            "stepfunctions_tasks",
        )
    ),
)
"""These import the CDK's modules of the other services that each environment has. All are declarations."""


def load_template_validation() -> CloudFormationValidatePlugin | None:
    """Returns the plugin that the CDK would create during synth; None after `cdk synth --no-validation`."""
    if os.environ.get("CDK_VALIDATION") == "false":
        return None
    with ThreadPoolExecutor(max_workers=1) as thread:
        plugin = thread.submit(CloudFormationValidatePlugin)
        for name in MEANWHILE:
            importlib.import_module(name)
    return plugin.result()
