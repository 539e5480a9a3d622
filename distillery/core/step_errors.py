"""How the error of a failed step is described to people."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from distillery.core.errors import is_ours
from distillery.core.redaction import code, redacted_message

CHUNK_FAILED = "States.ExceedToleratedFailureThreshold"
"""The error of a Map whose chunks have executions of their own. It does not say why one of them failed."""


def describe_error(error: Mapping[str, Any]) -> str:
    """The error that a Catch stored, such as `JobFailed: <message>`. The Cause of a Lambda error is JSON.

    Messages of the product's own errors are kept; any other message may quote a prompt and is redacted.
    """
    name, cause = str(error.get("Error", "Unknown")), str(error.get("Cause", ""))
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):  # a service's Cause is plain text
        cause = str(json.loads(cause)["errorMessage"])
    message = cause if is_ours(name) else redacted_message(cause, "the history of the execution")
    return f"{code(name)}: {message}" if message else code(name)
