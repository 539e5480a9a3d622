"""Removes a statement or a condition from a policy of a deployed environment, and restores it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tests.journey.environment import Environment
from tests.policy.templates import as_list

Statement = dict[str, Any]
Which = Callable[[Statement], bool]


class Policy(Protocol):
    """A policy whose statements can be read and written."""

    def read(self) -> list[Statement]:
        """Returns the current statements."""

    def write(self, statements: list[Statement]) -> None:
        """Replaces the statements."""


Find = Callable[[Environment], Policy]


def remove_statement(policy: Policy, which: Which) -> list[Statement]:
    """Removes every matching Allow statement and returns the previous statements. Fails if none matches."""
    before = policy.read()
    kept = [statement for statement in before if not (statement["Effect"] == "Allow" and which(statement))]
    assert len(kept) < len(before), f"no such statement in {before}"
    policy.write(kept)
    return before


@contextlib.contextmanager
def statement_removed(policy: Policy, which: Which) -> Iterator[None]:
    """Removes matching statements like `remove_statement`, and restores them on exit."""
    before = remove_statement(policy, which)
    try:
        yield
    finally:
        policy.write(before)


@contextlib.contextmanager
def condition_removed(policy: Policy, which: Which, operator: str, key: str) -> Iterator[None]:
    """Removes one condition from every matching Allow statement, and restores it on exit. Fails if none has it."""
    before = policy.read()
    after = [_drop_condition(one, operator, key) if one["Effect"] == "Allow" and which(one) else one for one in before]
    assert after != before, f"no such condition in {before}"
    policy.write(after)
    try:
        yield
    finally:
        policy.write(before)


def _drop_condition(statement: Statement, operator: str, key: str) -> Statement:
    tests = statement.get("Condition", {})
    kept = {
        name: {each: value for each, value in of.items() if (name, each) != (operator, key)}
        for name, of in tests.items()
    }
    return {**statement, "Condition": {name: of for name, of in kept.items() if of}}


def action(name: str) -> Which:
    return lambda statement: name in as_list(statement["Action"])


def via(service: str) -> Which:
    """Matches a statement that allows the use of a key through a service."""

    def used(statement: Statement) -> bool:
        tests = statement.get("Condition", {}).get("StringEquals", {})
        return f"'{service}." in str(tests.get("kms:ViaService"))

    return used


def sid(name: str) -> Which:
    return lambda statement: name in statement.get("Sid", "")


def source(name: str) -> Which:
    """Matches a statement whose conditions contain this resource or key."""
    return lambda statement: name in str(statement.get("Condition"))


class _Document:
    """A policy that is read and written as one document."""

    def __init__(self, read: Callable[[], Any], write: Callable[[str], Any]) -> None:
        self._read, self._write = read, write

    def read(self) -> list[Statement]:
        found = self._read()
        self._whole = json.loads(found) if isinstance(found, str) else found
        return list(self._whole["Statement"])

    def write(self, statements: list[Statement]) -> None:
        self._write(json.dumps({**self._whole, "Statement": statements}))


class _Permissions:
    """A function's resource policy, which is written one statement at a time."""

    def __init__(self, client: Any, function: str) -> None:
        self._client, self._function = client, function

    def read(self) -> list[Statement]:
        return list(json.loads(self._client.get_policy(FunctionName=self._function)["Policy"])["Statement"])

    def write(self, statements: list[Statement]) -> None:
        wanted, there = ({one["Sid"]: one for one in each} for each in (statements, self.read()))
        for gone in there.keys() - wanted.keys():
            self._client.remove_permission(FunctionName=self._function, StatementId=gone)
        for name in wanted.keys() - there.keys():
            self._client.add_permission(
                FunctionName=self._function,
                StatementId=name,
                Action=wanted[name]["Action"],
                Principal=wanted[name]["Principal"]["Service"],
                SourceArn=wanted[name]["Condition"]["ArnLike"]["AWS:SourceArn"],
                **_account(wanted[name]),
            )


def _account(statement: Statement) -> dict[str, str]:
    told = statement["Condition"].get("StringEquals", {}).get("AWS:SourceAccount")
    return {"SourceAccount": told} if told else {}


def resource(environment: Environment, stack: str, ident: str) -> str:
    """Returns the physical name of the only resource of a stack whose logical id starts with `ident`."""
    region = environment.inference if stack in ("serving", "collection") else environment.home
    cfn = environment.client("cloudformation", region)
    name = f"distillery-{environment.settings.environment}-{stack}"
    found = cfn.describe_stack_resources(StackName=name)["StackResources"]
    (one,) = [each for each in found if each["LogicalResourceId"][:-8] == ident]
    return str(one["PhysicalResourceId"])


def role(ident: str, stack: str = "pipeline") -> Find:
    """Finds a role's own inline policy; that of a state machine has another for its Distributed Maps."""

    def find(environment: Environment) -> Policy:
        iam, name = environment.client("iam"), resource(environment, stack, ident)
        (policy,) = [each for each in iam.list_role_policies(RoleName=name)["PolicyNames"] if "DefaultPolicy" in each]
        of = {"RoleName": name, "PolicyName": policy}
        return _Document(
            lambda: iam.get_role_policy(**of)["PolicyDocument"],
            lambda document: iam.put_role_policy(**of, PolicyDocument=document),
        )

    return find


def managed(ident: str, stack: str = "pipeline") -> Find:
    """Finds a managed policy of users or teams."""
    return lambda environment: Managed(environment.client("iam"), resource(environment, stack, ident))


class Managed:
    """A managed policy, by its ARN. IAM keeps at most five versions."""

    def __init__(self, iam: Any, arn: str) -> None:
        self._iam, self._arn = iam, arn

    def _version(self) -> str:
        return str(self._iam.get_policy(PolicyArn=self._arn)["Policy"]["DefaultVersionId"])

    def read(self) -> list[Statement]:
        version = self._iam.get_policy_version(PolicyArn=self._arn, VersionId=self._version())["PolicyVersion"]
        found = version["Document"]
        return list((json.loads(found) if isinstance(found, str) else found)["Statement"])

    def write(self, statements: list[Statement]) -> None:
        old, document = self._version(), json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.create_policy_version(PolicyArn=self._arn, PolicyDocument=document, SetAsDefault=True)
        self._iam.delete_policy_version(PolicyArn=self._arn, VersionId=old)


def trust(ident: str, stack: str = "pipeline") -> Find:
    """Finds the trust policy of a role."""

    def find(environment: Environment) -> Policy:
        iam, name = environment.client("iam"), resource(environment, stack, ident)
        return _Document(
            lambda: iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"],
            lambda document: iam.update_assume_role_policy(RoleName=name, PolicyDocument=document),
        )

    return find


def key(environment: Environment) -> Policy:
    """Finds the policy of the key in the home Region."""
    kms, of = environment.client("kms"), {"KeyId": resource(environment, "foundation", "Key"), "PolicyName": "default"}
    return _Document(
        lambda: kms.get_key_policy(**of)["Policy"], lambda document: kms.put_key_policy(**of, Policy=document)
    )


def topic(environment: Environment) -> Policy:
    sns, arn = environment.client("sns"), resource(environment, "foundation", "Topic")
    return _Document(
        lambda: sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"],
        lambda document: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document),
    )


def queue(ident: str) -> Find:
    def find(environment: Environment) -> Policy:
        sqs, url = environment.client("sqs"), resource(environment, "pipeline", ident)
        return _Document(
            lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"],
            lambda document: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document}),
        )

    return find


def function(ident: str, stack: str = "pipeline") -> Find:
    return lambda environment: _Permissions(environment.client("lambda"), resource(environment, stack, ident))
