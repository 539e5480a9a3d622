"""Checks of the account before anything is deployed: credentials, settings, bootstrap, concurrency."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from distillery.cli.doctor.examined import Examined, today
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, unchecked, warns
from distillery.core import clock
from distillery.core.aws import ClientError, code

BOOTSTRAP_PARAMETER, BOOTSTRAP_STACK = "/cdk-bootstrap/hnb659fds/version", "CDKToolkit"
BOOTSTRAP_VERSION = 6
"""`requiresBootstrapStackVersion` of the synthesized stacks (CDK 2.2xx, DefaultStackSynthesizer)."""
_LIMIT = "InputPermissionsBoundary"
"""The parameter of the bootstrap stack that names the boundary of CloudFormation's role."""
DEPLOYS_SECONDS = 3600
"""A first deployment with the retries of a person."""
UNRESERVED = 100
"""Concurrent executions that Lambda keeps unreserved (Lambda guide, configuration-concurrency)."""


def credentials(examined: Examined) -> Iterator[DoctorFinding]:
    yield info(f"{examined.caller} in account {examined.account_id}, home Region {examined.home}")
    wanted = examined.settings.account if examined.settings else None
    if wanted and wanted != examined.account_id and not examined.on.local:
        yield blocks(
            f"the credentials are of account {examined.account_id}, the settings name {wanted}",
            "the CDK refuses to deploy with them, and every other finding is about the wrong account",
            f"use credentials of {wanted}, such as aws sso login --profile PROFILE and export AWS_PROFILE=PROFILE",
        )
    if examined.caller.endswith(":root") and not examined.on.local:
        yield warns(
            "these are the credentials of the root user",
            "no policy limits them, and decisions cannot be told apart by person",
            "use a role of IAM Identity Center or an IAM role",
        )
    ends = _expiry(examined.on.account)
    if ends is not None and (left := (ends - clock.now()).total_seconds()) < DEPLOYS_SECONDS:
        yield warns(
            f"the credentials expire at {ends:%Y-%m-%d %H:%M} UTC, in {max(0, left) / 60:.0f} minutes",
            "a deployment that outlives them ends half-way; it can be repeated",
            "renew them, such as with aws sso login",
        )
    elif ends is not None:
        yield info(f"the credentials expire at {ends:%Y-%m-%d %H:%M} UTC")


def _expiry(account: Any) -> datetime | None:
    """When temporary credentials end; None if they do not, or if botocore does not know."""
    found = getattr(account.session, "get_credentials", lambda: None)()
    ends = getattr(found, "_expiry_time", None)
    return ends if isinstance(ends, datetime) else None


def settings(examined: Examined) -> Iterator[DoctorFinding]:
    """What `cdk synth` refuses, without Node."""
    if examined.unread is not None:
        yield examined.unread
    if examined.settings is None:
        return
    from distillery.settings import ConfigError, load

    name = examined.on.environment
    try:
        load(name, on=today(), credentials=None if examined.on.local else examined.account_id)
    except ConfigError as error:
        yield blocks(f"{error}", "cdk synth refuses the settings", f"correct environments/{name}.toml")


def bootstrap(examined: Examined) -> Iterator[DoctorFinding]:
    boundary = examined.settings.permissions_boundary if examined.settings else None
    if boundary:
        yield from _boundary(examined, boundary)
    for region in examined.regions:
        command = _bootstrapping(examined, region)
        version = _bootstrap_version(examined, region)
        if version is None:
            yield blocks(
                f"{region} is not bootstrapped: there is no parameter {BOOTSTRAP_PARAMETER}",
                "the CDK has no bucket and no roles to deploy with",
                command,
            )
        elif version < BOOTSTRAP_VERSION:
            yield blocks(
                f"the bootstrap stack of {region} has version {version}, and {BOOTSTRAP_VERSION} is needed",
                "the CDK refuses to deploy",
                command,
            )
        else:
            yield info(f"{region} is bootstrapped, version {version}")
            yield from _bootstrap_stack(examined, region, boundary)


def _bootstrapping(examined: Examined, region: str) -> str:
    """The command that bootstraps a Region as the settings want it."""
    if examined.settings and examined.settings.permissions_boundary:
        return f"make bootstrap ENV={examined.on.environment}"
    return f"node_modules/.bin/cdk bootstrap aws://{examined.account_id}/{region}"


def _boundary(examined: Examined, boundary: str) -> Iterator[DoctorFinding]:
    """Whether there is a policy of the name that every role is created with."""
    partition = examined.caller.split(":")[1]
    arn = f"arn:{partition}:iam::{examined.account_id}:policy/{boundary}"
    try:
        examined.client("iam").get_policy(PolicyArn=arn)
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            yield blocks(
                f"permissions_boundary is {boundary!r}, and the account has no policy {arn}",
                "CloudFormation creates no role with a boundary that does not exist",
                _bootstrapping(examined, examined.home),
            )
        else:
            yield unchecked(f"policy {arn}: {code(error)}", "it may be missing", "ask for iam:GetPolicy")
    else:
        yield info(f"every role gets the permissions boundary {boundary}")


def _bootstrap_version(examined: Examined, region: str) -> int | None:
    try:
        found = examined.client("ssm", region).get_parameter(Name=BOOTSTRAP_PARAMETER)
    except ClientError as error:
        if code(error) == "ParameterNotFound":
            return None
        raise
    return int(found["Parameter"]["Value"])


def _bootstrap_stack(examined: Examined, region: str, boundary: str | None) -> Iterator[DoctorFinding]:
    """The parameter may outlive a stack that is broken; a bootstrap of another name has the parameter alone."""
    command = _bootstrapping(examined, region)
    try:
        (stack,) = examined.client("cloudformation", region).describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
    except ClientError as error:
        if code(error) != "ValidationError":  # of a stack that does not exist
            yield unchecked(f"stack {BOOTSTRAP_STACK} of {region}: {code(error)}", "it may be broken", "look at it")
        return
    status = str(stack["StackStatus"])
    if status.endswith("FAILED") or status == "ROLLBACK_COMPLETE":
        yield blocks(f"stack {BOOTSTRAP_STACK} of {region} is {status}", "its roles or bucket may be missing", command)
    given = {each["ParameterKey"]: each.get("ParameterValue") for each in stack.get("Parameters", ())}
    limit = given.get(_LIMIT) or "no"
    if boundary and limit != boundary:
        yield warns(
            f"CloudFormation's role of {region} has {limit} boundary; the settings name {boundary!r}",
            "a template can give a role more rights than that; `cdk bootstrap` without options removes a boundary",
            command,
        )


def concurrency(examined: Examined) -> Iterator[DoctorFinding]:
    """Only an environment that reserves concurrency depends on the account's."""
    wanted = examined.settings.reserved_concurrency if examined.settings else None
    if wanted is None:
        return
    region = examined.inference
    limits = examined.client("lambda", region).get_account_settings()["AccountLimit"]
    free = int(limits["UnreservedConcurrentExecutions"])
    if free - wanted < UNRESERVED and not any(True for _ in _serving(examined)):
        yield blocks(
            f"reserved_concurrency = {wanted}, and {free} concurrent executions are unreserved in {region}",
            f"Lambda keeps {UNRESERVED} unreserved, so the serving stack cannot be created",
            "remove reserved_concurrency, or ask for more: aws service-quotas request-service-quota-increase "
            f"--region {region} --service-code lambda --quota-code L-B99A9384 --desired-value {1000 + wanted}",
        )
    else:
        yield info(f"{free} concurrent executions are unreserved in {region}")


def _serving(examined: Examined) -> Iterator[str]:
    """The serving stack, whose function has its reservation already."""
    for _, stack in examined.deployed():
        if stack["StackName"] == examined.names.stack("serving"):
            yield stack["StackName"]
