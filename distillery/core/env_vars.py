"""The environment variables of the functions: set by the stacks, read lazily by the Lambdas, spelled here."""

import os
from enum import StrEnum

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
    TOPIC = "TOPIC_ARN"
    HOME_REGION = "HOME_REGION"
    LOGS = "LOGS_URI"
    QUOTAS = "QUOTA_TABLE"
    FOUR_EYES = "FOUR_EYES"
    LOG_PROMPTS = "LOG_PROMPTS"


def read(variable: Variable) -> str:
    """The variable's value. Raises Misconfigured where the function was deployed without it."""
    value = os.environ.get(variable)
    if not value:
        raise Misconfigured(f"the function's environment variable {variable} is not set; deploy its stack again")
    return value


def is_set(variable: Variable) -> bool:
    """Of a variable that is a switch: whether it says `true`; it is off where it says nothing."""
    return os.environ.get(variable, "").lower() == "true"
