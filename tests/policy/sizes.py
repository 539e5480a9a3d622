"""The maximum size of a template's policies once CloudFormation has filled in names and ARNs."""

import json
from collections import Counter
from typing import Any

from tests.policy.templates import EnvironmentTemplates, as_list, rendered

ROLE_MAX = 10_240
"""All inline policies of one role, without white space (IAM guide, reference_iam-quotas)."""

MANAGED_MAX = 6_144
"""One managed policy (the same)."""

PARAMETER_MAX = 4_096
"""The value of a standard parameter (Systems Manager, parameter-store-advanced-parameters)."""

_ARN, _NAME, _BUCKET, _ACCOUNT = "a" * 140, "n" * 80, "b" * 63, "1" * 12
"""In place of an ARN, a generated name, a bucket's and an account: as long as any that CloudFormation makes. A bucket's
name has 63 characters at most (S3 guide, bucketnamingrules)."""


def expanded(value: Any) -> Any:
    """Returns a value with every reference replaced by a text of the maximum length."""
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(expanded(part) for part in parts)
        case {"Ref": "AWS::AccountId"}:
            return _ACCOUNT
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::GetStackOutput": _}:
            ends = {"Arn>": _ARN, "Bucket>": _BUCKET}
            return next((long for end, long in ends.items() if rendered(value).endswith(end)), _NAME)
        case dict():
            return {key: expanded(each) for key, each in value.items()}
        case list():
            return [expanded(each) for each in value]
    return value


def length(value: Any) -> int:
    """Returns the number of characters of JSON without white space."""
    return len(json.dumps(expanded(value), separators=(",", ":"), ensure_ascii=False))


def of_roles(templates: EnvironmentTemplates) -> Counter[str]:
    """role → characters of its inline policies."""
    found: Counter[str] = Counter()
    for policy in templates.resources("AWS::IAM::Policy"):
        for role in as_list(policy.properties["Roles"]):
            found[str(templates.find(policy.stack, role))] += length(policy.properties["PolicyDocument"])
    return found


def of_managed_policies(templates: EnvironmentTemplates) -> Counter[str]:
    policies = templates.resources("AWS::IAM::ManagedPolicy")
    return Counter({str(policy): length(policy.properties["PolicyDocument"]) for policy in policies})


def of_parameters(templates: EnvironmentTemplates) -> Counter[str]:
    parameters = templates.resources("AWS::SSM::Parameter")
    return Counter({str(one): len(expanded(one.properties["Value"])) for one in parameters})


def over(lengths: Counter[str], limit: int) -> list[str]:
    return [f"{name}: {found} characters, {limit} are allowed" for name, found in lengths.items() if found > limit]
