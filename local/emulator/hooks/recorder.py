"""Writes every IAM decision to a file, for tests of least privilege, if the account's settings ask for it.

Each line: `{"principal", "action", "resource", "decision"}`; of requests, and of services that act under a role. The
root user, which tests and the CDK use, is left out.
"""

import json
import os
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator

from local.emulator import iam
from local.emulator.kms import Conditions


def install(log: Path) -> None:
    """Records the decisions of `enforce`, for each check of a request, and those on roles."""
    enforce, role_may = iam_evaluator.enforce, iam.role_may
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)  # until the process ends

    def write(principal: str, action: str, resource: str, decision: str) -> None:
        line = {"principal": principal, "action": action, "resource": resource, "decision": decision}
        os.write(out, f"{json.dumps(line)}\n".encode())  # one call, so lines of several threads do not mix

    def enforce_and_record(
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
            write(principal, action, resource_arn, decision)
        return denied

    def role_may_and_record(role_arn: str, action: str, resource: str, keys: Conditions | None = None) -> bool:
        allowed = role_may(role_arn, action, resource, keys)
        write(iam.session_arn(role_arn), action, resource, "Allow" if allowed else "ImplicitDeny")
        return allowed

    iam_evaluator.enforce = enforce_and_record
    iam.role_may = role_may_and_record
