"""What the functions were granted and what they used, by the record of the account's IAM decisions."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.journey.environment import Environment

OURS = ":assumed-role/distillery-"
Actions = dict[str, set[str]]


def _decisions(state: Path) -> Iterator[Mapping[str, str]]:
    log = state / "iam.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    decisions = (json.loads(line) for line in lines)
    return (each for each in decisions if OURS in each["principal"])


def denied(state: Path) -> list[str]:
    """Every call of a role of ours that IAM refused."""
    return [
        f"{_role(each['principal'])} {each['action']} on {each['resource']}: {each['decision']}"
        for each in _decisions(state)
        if each["decision"] != "Allow"
    ]


def used(state: Path) -> Actions:
    """Actions by role."""
    found: Actions = defaultdict(set)
    for each in _decisions(state):
        found[_role(each["principal"])].add(each["action"])
    return found


def granted(environment: Environment) -> Actions:
    """Actions by role, of the functions' own policies. Their logs are written by the account itself."""
    iam, found = environment.client("iam"), Actions()
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith("distillery-") and "lambda.amazonaws.com" in json.dumps(role):
                found[role["RoleName"]] = {
                    action for action in _actions(iam, role["RoleName"]) if action[:5] != "logs:"
                }
    return found


def _actions(iam: Any, role: str) -> Iterator[str]:
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            action = statement["Action"]
            yield from [action] if isinstance(action, str) else action


def _role(principal: str) -> str:
    return principal.split(OURS.removesuffix("distillery-"))[1].split("/")[0]
