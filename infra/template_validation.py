"""The CDK's own validation of templates, whose engine Node loads while Python imports modules.

Each takes most of a second. Python calls Node through one pipe, so only one thread may call it: what the other thread
does meanwhile must not. The import of the CDK waits for Node to start; what needs no CDK at all is done then: the
settings are imported, and the archives packed (tests/unit/stacks/test_template_validation.py).
"""

import importlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from infra.node_options import add_node_options
from infra.packing import BUILD, ROOT, WHEELS, NotInstalled, Packages, pack_sdk, pack_stage, pack_wheels, packed

if TYPE_CHECKING:
    from aws_cdk import CloudFormationValidatePlugin

SETTINGS = "distillery.settings"
"""The module that is imported while Node starts."""

MEANWHILE = (
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


def load_template_validation() -> "CloudFormationValidatePlugin | None":
    """Returns the plugin that the CDK would create during synth; None after `cdk synth --no-validation`."""
    if os.environ.get("CDK_VALIDATION") == "false":
        return None
    add_node_options(os.environ)
    with ThreadPoolExecutor() as threads:
        settings = threads.submit(importlib.import_module, SETTINGS)
        archives = threads.submit(_pack_again)
        from aws_cdk import CloudFormationValidatePlugin  # starts Node

        plugin = threads.submit(CloudFormationValidatePlugin)
        settings.result()  # so that no module is imported by two threads at once
        for name in MEANWHILE:
            importlib.import_module(name)
        archives.result()
    return plugin.result()


def _pack_again() -> None:
    """The first synth compresses packages for many seconds, which must not delay an error in its settings."""
    if any(BUILD.glob("wheels-*.zip")):
        with suppress(NotInstalled):  # the stack that needs the packages says so; not every app needs them
            pack_archives()


def pack_archives() -> set[str]:
    """Packs what each environment deploys. Returns the names of the archives without suffix.

    Raises:
        NotInstalled: The packages of a layer were not fetched.
    """
    archives = [packed(pack_stage, stage, ROOT, BUILD) for stage in STAGES]
    archives += [packed(pack_wheels, BUILD, WHEELS / layer / "function") for layer in LAYERS]
    return {archive.stem for archive in (*archives, packed(pack_sdk, BUILD))}
