"""Every IAM decision on a line of a file, for tests of least privilege; only when asked for.

Each line: `{"principal", "action", "resource", "decision"}`. Root, as whom tests and the CDK act, is left out.
"""

import json
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator


def install(log: Path) -> None:
    """Record what `enforce` decides, each of several checks of one request by itself."""
    enforce = iam_evaluator.enforce

    def record(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        denied = enforce(access_key, action, service, region, resource_arn, service_context)
        caller = iam_evaluator.resolve_caller_identity(access_key) or {}
        if ":assumed-role/" in (principal := caller.get("userArn") or ""):
            decision = "Allow" if denied is None else getattr(denied, "decision", "Unauthenticated")
            line = {"principal": principal, "action": action, "resource": resource_arn, "decision": decision}
            with log.open("a") as out:
                out.write(json.dumps(line) + "\n")
        return denied

    iam_evaluator.enforce = record
