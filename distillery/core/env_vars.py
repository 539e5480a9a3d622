"""Configuration that a deployment gives its functions: environment variables, and files in the layer of settings."""

import os
from enum import StrEnum
from typing import Any

from distillery.core.errors import Misconfigured


class Variable(StrEnum):
    ENVIRONMENT = "DISTILLERY_ENVIRONMENT"
    LEDGER = "LEDGER_TABLE"
    DATA_BUCKET = "DATA_BUCKET"
    PROMPTS_BUCKET = "PROMPTS_BUCKET"
    DATA_DAYS = "DATA_DAYS"
    JOB_ROLE = "JOB_ROLE_ARN"
    MODEL_KEY = "MODEL_KEY_ARN"
    STATE_MACHINE = "STATE_MACHINE_ARN"
    RETIREMENT = "RETIREMENT_ARN"
    TOPIC = "TOPIC_ARN"
    HOME_REGION = "HOME_REGION"
    INFERENCE_REGION = "INFERENCE_REGION"
    LOGS = "LOGS_URI"
    QUOTAS = "QUOTA_TABLE"
    FOUR_EYES = "FOUR_EYES"
    LOG_PROMPTS = "LOG_PROMPTS"
    JUDGES = "JUDGES"
    MAX_MODEL_UNITS = "MAX_MODEL_UNITS"
    PAUSED_UNITS = "PAUSED_UNITS"
    COMMITMENTS = "COMMITMENTS"
    CANARIES = "CANARIES"
    IDLE_DAYS = "IDLE_DAYS"
    SIGNING_KEY = "SIGNING_KEY_ARN"
    RECORD_DAYS = "RECORD_DAYS"
    COMMIT = "COMMIT"
    ADMITTED_WAYS = "ADMITTED_WAYS"
    BORROWS = "BORROWS"
    SHARES = "SHARES"
    SHARE_WITH = "SHARE_WITH"
    PROMOTION_WINDOW = "PROMOTION_WINDOW"


def read(variable: Variable) -> str:
    """The variable's value. Raises Misconfigured where the function was deployed without it."""
    value = os.environ.get(variable)
    if not value:
        raise Misconfigured(f"the function's environment variable {variable} is not set; deploy its stack again")
    return value


def read_number(variable: Variable) -> int | None:
    """The variable's value as a whole number; None where it is not set."""
    value = os.environ.get(variable)
    return int(value) if value else None


def is_set(variable: Variable) -> bool:
    """Whether a variable that is a switch is `true`; it is off where it is not set."""
    return os.environ.get(variable, "").lower() == "true"


def is_given(variable: Variable) -> bool:
    """Whether the function was deployed with a variable that it may lack."""
    return bool(os.environ.get(variable))


PACKAGE = "distillery_settings"
FOLDER = f"/opt/python/{PACKAGE}"
"""/opt/python is on Lambda's path."""


def read_settings(name: str) -> dict[str, Any]:
    """The object in a JSON file of the settings layer (infra/constructs/layers.py).

    Environment variables of a function hold 4 KB in all, so what grows with the recipes is in a layer.
    Raises Misconfigured where the function was deployed without its layer.
    """
    import importlib.resources  # slow to import, and most functions read no settings
    import json

    try:
        text = (importlib.resources.files(PACKAGE) / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise Misconfigured("the function was deployed without its settings layer; deploy its stack again") from error
    return dict(json.loads(text))
