"""The CDK's own validation of templates, whose engine Node loads while Python imports modules and packs archives.

Each takes most of a second. Python calls Node through one pipe, so only one thread may call it: what the other thread
does meanwhile must not (tests/unit/stacks/test_template_validation.py).
"""

import importlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aws_cdk import CloudFormationValidatePlugin

from infra.packing import BUILD, ROOT, WHEELS, NotInstalled, Packages, pack_sdk, pack_stage, pack_wheels, packed

MEANWHILE = (
    "distillery.settings",
    "infra.constructs.bucket",
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
            "stepfunctions",
        )
    ),
)
"""These import the CDK's modules of the other services that each environment has. All are declarations."""

STAGES = (
    "dataset",
    "distillation",
    "drift",
    "endpoint",
    "evaluation",
    "expiry",
    "model_dates",
    "operations",
    "promotion",
    "serving",
    "teardown",
    "uploads",
)
LAYERS = (Packages.DATASET, Packages.GRADING, Packages.REPORTING)
"""The functions and layers that each environment has. The archives of others are made when a stack needs them."""


def load_template_validation() -> CloudFormationValidatePlugin | None:
    """Returns the plugin that the CDK would create during synth; None after `cdk synth --no-validation`."""
    if os.environ.get("CDK_VALIDATION") == "false":
        return None
    with ThreadPoolExecutor(max_workers=1) as thread:
        plugin = thread.submit(CloudFormationValidatePlugin)
        for name in MEANWHILE:
            importlib.import_module(name)
        # The first synth compresses packages for many seconds, which must not delay an error in its settings.
        if any(BUILD.glob("wheels-*.zip")):
            with suppress(NotInstalled):  # the stack that needs the packages says so; not every app needs them
                pack_archives()
    return plugin.result()


def pack_archives() -> set[str]:
    """Packs what each environment deploys. Returns the names of the archives without suffix.

    Raises:
        NotInstalled: The packages of a layer were not fetched.
    """
    archives = [packed(pack_stage, stage, ROOT, BUILD) for stage in STAGES]
    archives += [packed(pack_wheels, BUILD, WHEELS / layer / "function") for layer in LAYERS]
    return {archive.stem for archive in (*archives, packed(pack_sdk, BUILD))}
