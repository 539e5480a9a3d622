"""Checks of what is deployed: status of the stacks, templates against the last synth, policies and variables against
their templates."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, warns
from distillery.cli.doctor.templates import Scope, equal, resolve
from distillery.core.names import digest
from distillery.core.nearest import nearest

BROKEN = ("FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_IN_PROGRESS")
MENDED = "UPDATE_ROLLBACK_COMPLETE"
"""A stack that went back to what it was: it works, and the deployment did not happen."""
SYNTHESIZED = "cdk.out"


def stacks(examined: Examined) -> Iterator[DoctorFinding]:
    count = 0
    for region, stack in examined.deployed():
        count += 1
        name, status = stack["StackName"], str(stack["StackStatus"])
        events = f"aws cloudformation describe-stack-events --region {region} --stack-name {name}"
        if status == MENDED:
            why = "the latest deployment was rolled back; what ran before it still runs"
            yield warns(f"stack {name} in {region} is {status}", why, f"{events}; then {_deploy(examined)}")
        elif status.endswith(BROKEN):
            why = "a deployment cannot go on from here"
            yield blocks(f"stack {name} in {region} is {status}", why, f"{events}; then {_deploy(examined)}")
        elif status.endswith("IN_PROGRESS"):
            yield warns(f"stack {name} in {region} is {status}", "somebody deploys now", "wait for it to end")
    yield info(
        f"{count} stacks are deployed" if count else f"{examined.on.environment} is not deployed in this account"
    )


def _deploy(examined: Examined) -> str:
    return "make demo" if examined.on.local else f"node_modules/.bin/cdk deploy --all -c env={examined.on.environment}"


def synthesized(examined: Examined) -> Iterator[DoctorFinding]:
    """Templates against those of the last synth in this checkout, if there was one."""
    folder = nearest(Path(SYNTHESIZED), variable="CDK_OUTDIR", exists=Path.is_dir)
    for region, stack in examined.deployed():
        name = stack["StackName"]
        file = folder / f"{name}.template.json"
        if not file.is_file():
            continue
        if digest(_template(examined, region, name)) == digest(json.loads(file.read_text(encoding="utf-8"))):
            yield info(f"stack {name} is what {SYNTHESIZED} has")
        else:
            yield warns(
                f"stack {name} in {region} is not what the last synth made ({file})",
                "the settings or the code of this checkout are not deployed, or are older than what is",
                f"node_modules/.bin/cdk diff {name} -c env={examined.on.environment}; then {_deploy(examined)}",
            )


def _template(examined: Examined, region: str, name: str) -> Mapping[str, Any]:
    body = examined.client("cloudformation", region).get_template(StackName=name, TemplateStage="Original")
    found = body["TemplateBody"]
    return dict(json.loads(found) if isinstance(found, str) else found)


def policies(examined: Examined) -> Iterator[DoctorFinding]:
    """Trust policies of roles, policies of keys, variables of functions: read, and compared with the template.

    A variable that differs only in an output of another stack shows that `Fn::GetStackOutput`, which is read when a
    stack is updated, is out of date.
    """
    found = list(examined.deployed())
    outputs = {
        (stack["StackName"], each["OutputKey"]): each["OutputValue"]
        for _, stack in found
        for each in stack.get("Outputs", [])
    }
    for region, stack in found:
        name = stack["StackName"]
        listed = examined.resources(region, name)
        physical = {
            each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", "")) for each in listed
        }
        scope = Scope(account=examined.account_id, region=region, stack=name, resources=physical, outputs=outputs)
        template = _template(examined, region, name)
        differing = list(_differing(examined, template, scope))
        yield from differing
        if not differing:
            yield info(f"trust policies, key policies and variables of {name} are those of its template")


def _differing(examined: Examined, template: Mapping[str, Any], scope: Scope) -> Iterator[DoctorFinding]:
    for logical, resource in template.get("Resources", {}).items():
        kind, name = scope.resources.get(logical, (resource["Type"], ""))
        if not name or kind not in _LIVE:
            continue
        what, key, why, read = _LIVE[kind]
        wanted = resource.get("Properties", {})
        for part in key:
            wanted = wanted.get(part, {}) if isinstance(wanted, Mapping) else {}
        if wanted and not equal(resolve(wanted, scope), read(examined, scope.region, name)):
            fix = f"find out who changed it, then deploy {scope.stack} with a change of its own, such as a tag"
            yield warns(f"{what} {name} in {scope.region} is not what its template says", why, fix)


def _trust(examined: Examined, _region: str, name: str) -> Any:
    return examined.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]


def _key(examined: Examined, region: str, name: str) -> Any:
    found = examined.client("kms", region).get_key_policy(KeyId=name, PolicyName="default")
    return json.loads(found["Policy"])


def _variables(examined: Examined, region: str, name: str) -> Any:
    found = examined.client("lambda", region).get_function_configuration(FunctionName=name)
    return found.get("Environment", {}).get("Variables", {})


_LIVE: Mapping[str, tuple[str, tuple[str, ...], str, Any]] = {
    "AWS::IAM::Role": (
        "the trust policy of role",
        ("AssumeRolePolicyDocument",),
        "the service may no longer assume it, or somebody else may",
        _trust,
    ),
    "AWS::KMS::Key": (
        "the policy of key",
        ("KeyPolicy",),
        "stores, logs or models encrypted with it cannot be read, or can be by others",
        _key,
    ),
    "AWS::Lambda::Function": (
        "the variables of function",
        ("Environment", "Variables"),
        "it works with buckets, tables or keys that another deployment replaced, or somebody edited it",
        _variables,
    ),
}
"""By type of resource: what is compared, where its template has it, what a difference means, how it is read."""
