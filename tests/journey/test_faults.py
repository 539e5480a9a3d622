"""One point of each kind of fault (tests/faults/kinds.py) on the local account, under the functions' own roles.

The fault sweep runs every service call with every kind in one process. This journey shows that the kinds are what they
are there: what the emulator, boto3 and the state machine make of them.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from distillery.core.aws import ATTEMPTS
from distillery.core.pipeline import Outcome
from tests import waiting
from tests.faults.kinds import OF_CALLS, FaultKind
from tests.journey import iam_usage
from tests.journey.cleanup import wait_until_clean
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.prompts import DELIVERY, support

UNTIL_KILLED = 3600.0
"""Real seconds that a call lasts, which nobody waits for: its function is killed."""
POINTS: dict[FaultKind, dict[str, Any]] = {
    FaultKind.KILLED: {"kind": "slow", "operation": "CreateModelCustomizationJob", "seconds": UNTIL_KILLED, "times": 1},
    FaultKind.STUCK: {"kind": "stuck-job", "named": "dev-", "stage": "Training"},
    FaultKind.THROTTLED: {
        "kind": "error",
        "operation": "CreateCustomModelDeployment",
        "error": "ThrottlingException",
        "times": ATTEMPTS,
    },
    FaultKind.BROKEN: {
        "kind": "error",
        "operation": "GetCustomModelDeployment",
        "error": "InternalServerException",
        "times": ATTEMPTS,
    },
    FaultKind.REPEATED: {"kind": "no-answer", "operation": "CreateCustomModelDeployment", "times": 1},
    FaultKind.LATE: {"kind": "no-answer", "operation": "DeleteCustomModelDeployment", "times": ATTEMPTS},
}
DENY = {"Effect": "Deny", "Action": "bedrock:CreateCustomModelDeployment", "Resource": "*"}
DENIED = {"bedrock:CreateCustomModelDeployment", "bedrock:DeleteCustomModelDeployment"}
"""What IAM denied: the point above, and the repeated deletion of a candidate that is gone, and with it the tag by which
the function may delete it."""
WORKERS_CAN_BE_FOUND = sys.platform == "linux"
"""A worker's process is found by its folder in /proc."""


def test_a_run_survives_one_fault_of_each_kind(deploy: Deploy) -> None:
    assert {*POINTS, FaultKind.DENIED} == {*OF_CALLS}
    environment = deploy("dev")
    faults = [fault for kind, fault in POINTS.items() if WORKERS_CAN_BE_FOUND or kind is not FaultKind.KILLED]
    waiting.admin(environment.account, "POST", "faults", faults)
    role = _role(environment, "PromotionFunctionRole")
    environment.client("iam").put_role_policy(**role, PolicyDocument=json.dumps({"Statement": [DENY]}))
    run = environment.start_run(support(*DELIVERY))
    if WORKERS_CAN_BE_FOUND:
        environment.until(lambda: _struck(environment, "slow"), "call that lasts")
        _kill(environment, "DistillationFunction")
    environment.until(lambda: environment.inventory()["jobs"], "job")
    _remove(environment, "stuck-job")
    failed = environment.wait_for_run(run)
    assert (failed.outcome, failed.has_student) == (Outcome.FAILED, True), failed.reason
    assert "AccessDenied" in failed.reason
    assert (environment.alias(), len(environment.inventory()["jobs"])) == (None, 1)
    wait_until_clean(environment)
    environment.client("iam").delete_role_policy(**role)
    environment.command("resume", run, "--reason", "the policy is mended")
    record = environment.wait_for_run(run)
    assert record.outcome is Outcome.PROMOTED, record.reason
    assert environment.promoted().run == run
    assert len(environment.inventory()["jobs"]) == 1
    wait_until_clean(environment)
    assert [fault for fault in _faults(environment) if not fault["struck"]] == []
    assert {line.split()[1] for line in iam_usage.denied(environment)} == DENIED


def _faults(environment: Environment) -> list[dict[str, Any]]:
    return list(waiting.admin(environment.account, "GET", "faults"))


def _struck(environment: Environment, kind: str) -> bool:
    return any(fault["struck"] for fault in _faults(environment) if fault["kind"] == kind)


def _remove(environment: Environment, kind: str) -> None:
    for fault in _faults(environment):
        if fault["kind"] == kind:
            waiting.admin(environment.account, "DELETE", f"faults/{fault['id']}")


def _role(environment: Environment, part: str) -> dict[str, str]:
    pages = environment.client("iam").get_paginator("list_roles").paginate()
    (name,) = [role["RoleName"] for page in pages for role in page["Roles"] if part in role["RoleName"]]
    return {"RoleName": name, "PolicyName": "fault"}


def _kill(environment: Environment, function: str) -> None:
    """Kills the process that runs the function, as Lambda does with one that uses too much memory."""
    folder = str(environment.account.state)
    found = [
        int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and _runs(each, folder, function)
    ]
    assert found
    for process in found:
        os.kill(process, signal.SIGKILL)


def _runs(process: Path, folder: str, function: str) -> bool:
    try:
        works_in = os.readlink(process / "cwd")
    except OSError:  # it has ended, or is another user's
        return False
    return works_in.startswith(folder) and f"-{function}" in works_in
