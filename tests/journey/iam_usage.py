"""The functions' permissions, and the ones they used, from the recorded IAM decisions."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.journey.environment import Environment

SESSION = "tried"
"""Session name of a role that a journey assumes. A function's own sessions have other names."""
OURS = re.compile(r":assumed-role/distillery-[a-z0-9]+-(?P<role>[a-z]+-\w+?Role)[0-9A-F]")
Actions = dict[str, list[str]]


def denied(environment: Environment) -> list[str]:
    """Returns every denied call of a distillery role."""
    return [
        f"{each['principal']} {each['action']} on {each['resource']}: {each['decision']}"
        for each in _decisions(environment)
        if each["decision"] != "Allow"
    ]


def used(environment: Environment) -> Actions:
    """Returns the used actions by role. A role is named after its construct: `pipeline-DatasetFunctionRole`."""
    return _by_role((each["principal"], each["action"]) for each in _decisions(environment))


def granted(environment: Environment) -> Actions:
    """Returns the actions by role that the functions' policies allow."""
    pages = environment.client("iam").get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
    roles = [role for page in pages for role in page["RoleDetailList"]]
    ours = [one for one in roles if "lambda.amazonaws.com" in str(one["AssumeRolePolicyDocument"])]
    return _by_role((f":assumed-role/{role['RoleName']}/", action) for role in ours for action in _actions(role))


def unused(recorded: Iterable[Mapping[str, Actions]]) -> Actions:
    """Returns the granted actions by role that no journey used."""
    left: dict[str, set[str]] = defaultdict(set)
    gone: dict[str, set[str]] = defaultdict(set)
    for journey in recorded:
        for role, actions in journey["granted"].items():
            left[role] |= set(actions)
        for role, actions in journey["used"].items():
            gone[role] |= set(actions)
    return {role: sorted(actions - gone[role]) for role, actions in left.items()}


def _decisions(environment: Environment) -> Iterator[Mapping[str, str]]:
    log = environment.account.state / "iam.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    decisions = (json.loads(line) for line in lines)
    ours = (each for each in decisions if ":assumed-role/distillery-" in each["principal"])
    return (each for each in ours if not each["principal"].endswith(f"/{SESSION}"))


def _by_role(pairs: Iterable[tuple[str, str]]) -> Actions:
    found: dict[str, set[str]] = defaultdict(set)
    for principal, action in pairs:
        if match := OURS.search(principal):
            found[match["role"]].add(action)
    return {role: sorted(actions) for role, actions in found.items()}


def _actions(role: Mapping[str, Any]) -> Iterator[str]:
    for policy in role["RolePolicyList"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            action = statement["Action"]
            yield from [action] if isinstance(action, str) else action
