"""Checks of what policies let the caller and the deployed roles do, by simulation, which includes SCPs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, unchecked, warns
from distillery.cli.doctor.models import named
from distillery.core import catalog

INVOKE = "bedrock:InvokeModel"
NOT_SEEN = "the policies of an organization are seen in a simulation only where the account belongs to one"
BATCH = 100
"""Actions of one simulation."""
ROLE = "AWS::IAM::Role"
SCP = "an SCP"


def destinations(examined: Examined) -> Iterator[tuple[str, str, str]]:
    """(model, source Region, destination Region) of every call through a cross-Region profile."""
    for model, region in sorted({(each.model, each.region) for each in named(examined)}):
        profile = None if region in catalog.model(model).in_region else catalog.profile_for(model, region)
        for destination in profile.destinations[region] if profile else ():
            if destination != catalog.ANYWHERE:
                yield model, region, destination


def cross_region(examined: Examined) -> Iterator[DoctorFinding]:
    """An SCP that denies a destination Region makes calls through the profile fail, even if they would go elsewhere."""
    wanted: dict[str, set[str]] = {}
    for model, _, destination in destinations(examined):
        wanted.setdefault(destination, set()).add(model)
    if not wanted:
        return
    source = examined.role_or_user
    why = "Bedrock refuses every call through a profile one of whose destinations is denied"
    if source is None:
        yield unchecked("nothing can be simulated for the root user", why, "repeat with a role")
        return
    denied, unseen = [], []
    for region, models in sorted(wanted.items()):
        arns = [f"arn:aws:bedrock:{region}::foundation-model/{model}" for model in sorted(models)]
        results = _simulate(examined, source, [INVOKE], arns, region)
        verdicts = [each.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") for each in results]
        if False in verdicts:
            denied.append(region)
        elif None in verdicts or not verdicts:
            unseen.append(region)
    if denied:
        yield blocks(
            f"an SCP denies {INVOKE} in {', '.join(denied)}, where cross-Region profiles route to",
            why,
            "send the statement below to whoever administers the organization",
            statement(sorted(wanted)),
        )
    if unseen:
        how = "ask whoever administers the organization; or call the models: distillery doctor --spend 0.05"
        yield unchecked(f"whether an SCP denies {', '.join(unseen)} cannot be seen: {NOT_SEEN}", why, how)
    if not denied and not unseen:
        yield info(f"no SCP denies the destinations of cross-Region profiles: {', '.join(sorted(wanted))}")


def statement(regions: Sequence[str]) -> str:
    """What to ask for: the restriction of Regions without Bedrock's calls, and one of their own for these."""
    own = {
        "Sid": "BedrockCallsInTheseRegions",
        "Effect": "Deny",
        "Action": "bedrock:Invoke*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(regions)}},
    }
    asked = (
        'Please add "bedrock:Invoke*" to NotAction of the statement that denies Regions, and beside it this statement: '
    )
    return asked + json.dumps(own)


def deployer(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether the caller may assume the roles of the bootstrap, with which the CDK deploys."""
    source = examined.role_or_user
    if source is None:
        yield unchecked("nothing can be simulated for the root user", "AWS offers no simulation", "repeat with a role")
        return
    kinds = ("deploy-role", "file-publishing-role")
    account = examined.account_id
    arns = [
        f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-{account}-{region}"
        for region in examined.regions
        for kind in kinds
    ]
    results = _simulate(examined, source, ["sts:AssumeRole"], arns, examined.home)
    denied = [each["EvalResourceName"] for each in _by_resource(results) if each["EvalDecision"] != "allowed"]
    if denied:
        yield warns(
            f"{source} may not assume {', '.join(denied)} by its own policies",
            "cdk deploy fails, or falls back to the caller's own permissions",
            "allow sts:AssumeRole on arn:aws:iam::" + account + ":role/cdk-hnb659fds-*",
        )
    else:
        yield info(f"{source} may assume the roles of the bootstrap")


def _by_resource(results: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """One result for each resource: AWS nests them where a simulation names several."""
    for each in results:
        nested = each.get("ResourceSpecificResults")
        if not nested:
            yield each
        for one in nested or ():
            yield {"EvalResourceName": one["EvalResourceName"], "EvalDecision": one["EvalResourceDecision"]}


def roles(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether a boundary or an SCP takes from a deployed role what its own policies grant."""
    count = 0
    for region, stack in examined.deployed():
        for resource in examined.resources(region, stack["StackName"]):
            if resource["ResourceType"] == ROLE:
                count += 1
                yield from _role(examined, region, str(resource["PhysicalResourceId"]))
    if count:
        yield info(f"simulated what {count} deployed roles may do")


def _role(examined: Examined, region: str, name: str) -> Iterator[DoctorFinding]:
    iam = examined.client("iam")
    source = str(iam.get_role(RoleName=name)["Role"]["Arn"])
    actions = sorted(set(_granted(iam, name)))
    taken: dict[str, list[str]] = {}
    for at in range(0, len(actions), BATCH):
        for each in _simulate(examined, source, actions[at : at + BATCH], ["*"], region):
            if by := taken_by(each):
                taken.setdefault(by, []).append(each["EvalActionName"])
    for by, lost in taken.items():
        severe = blocks if by == SCP else warns  # a boundary may allow them for some resources
        yield severe(
            f"{by} takes from role {name} in {region}: {', '.join(sorted(lost))} (simulated for all resources)",
            "what uses the role fails with AccessDenied, perhaps in the middle of a run",
            "have these actions exempted for roles whose names begin with distillery-",
        )


def taken_by(result: Mapping[str, Any]) -> str | None:
    """Who denies an action that the role's policy grants; None for a mere limit to other resources."""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return SCP
    if result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return "a permissions boundary"
    return None


def _granted(iam: Any, role: str) -> Iterator[str]:
    """The actions of the role's inline policies, without patterns, which a simulation refuses."""
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            statements = document["Statement"]
            for each in [statements] if isinstance(statements, dict) else statements:
                actions = each.get("Action", []) if each["Effect"] == "Allow" else []
                yield from (
                    action
                    for action in ([actions] if isinstance(actions, str) else actions)
                    if "*" not in action and "?" not in action
                )


def _simulate(
    examined: Examined, source: str, actions: Sequence[str], arns: Sequence[str], region: str
) -> list[dict[str, Any]]:
    context = [
        {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [region], "ContextKeyType": "string"},
    ]
    pages = (
        examined.client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(PolicySourceArn=source, ActionNames=list(actions), ResourceArns=list(arns), ContextEntries=context)
    )
    return [each for page in pages for each in page["EvaluationResults"]]
