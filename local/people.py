"""People of the local account: IAM users who hold the managed policies that an environment's stacks declare.

On AWS the account's owner attaches these policies to people (README, First deployment). Here `credentials` makes a user
who holds those that are asked for, and nothing else, and keeps the user's key in `people.json` of the account's folder.
Deploying is the owner's: it is done as root, whose key is the account's number, with the secret of the account's start.
"""

import json
from typing import Any

from local.account import LocalAccount, write_private

DECLARED = {
    "operator": ("pipeline", "OperatorPolicyArn"),
    "approver": ("pipeline", "ApproverPolicyArn"),
    "examiner": ("pipeline", "ExaminerPolicyArn"),
    "reader": ("pipeline", "DataReaderPolicyArn"),
    "eraser": ("pipeline", "EraserPolicyArn"),
    "logs-eraser": ("collection", "LogsEraserPolicyArn"),
    "on-call": ("pipeline", "OnCallPolicyArn"),
    "caller": ("serving", "CallerPolicyArn"),
    "measurer": ("serving", "MeasurerPolicyArn"),
    "collector": ("collection", "CollectorPolicyArn"),
}
"""Kinds of people, each with the stack and the output that name its policy. Not every environment collects."""

Variables = dict[str, str]


def known(account: LocalAccount, environment: str, *kinds: str) -> Variables:
    """The variables of a person who was made before; empty if there is none. All kinds where none is named."""
    path = account.people_file
    people: dict[str, Variables] = json.loads(path.read_text()) if path.exists() else {}
    return people.get(_name(environment, kinds), {})


def credentials(account: LocalAccount, environment: str, *kinds: str, home: str, inference: str) -> Variables:
    """Variables that let boto3 act as one person of these kinds (of all that there are, where none is named).

    The person is made at need, in the deployed environment. Raises ValueError where it declares no such policy.
    """
    if found := known(account, environment, *kinds):
        return found
    policies = _declared(account, environment, home=home, inference=inference)
    if missing := set(kinds) - policies.keys():
        raise ValueError(f"environment {environment!r} declares no policy for {sorted(missing)}")
    held = [policies[kind] for kind in kinds or policies]
    if "measurer" in (kinds or policies):
        held += _of_routes(account, environment)
    made = _made(account, _name(environment, kinds), held)
    path = account.people_file
    people = json.loads(path.read_text()) if path.exists() else {}
    write_private(path, json.dumps(people | {_name(environment, kinds): made}))
    if not kinds:
        account.publish(environment, region=home, variables=made)
    return made


def _name(environment: str, kinds: tuple[str, ...]) -> str:
    return "-".join(("distillery", environment, *(kinds or ("everybody",))))


def _client(account: LocalAccount, service: str, region: str) -> Any:
    import boto3  # takes its time, and to look up who is known needs none

    return boto3.client(service, region_name=region, endpoint_url=account.endpoint, **account.root)  # type: ignore[call-overload]  # by name


def _declared(account: LocalAccount, environment: str, *, home: str, inference: str) -> Variables:
    """The policies by kind, as the stacks' outputs name them."""
    found: Variables = {}
    for kind, (stack, output) in DECLARED.items():
        cfn = _client(account, "cloudformation", home if stack == "pipeline" else inference)
        names = [one["StackName"] for one in cfn.describe_stacks()["Stacks"]]
        if (name := f"distillery-{environment}-{stack}") in names:
            told = cfn.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
            outputs = {one["OutputKey"]: str(one["OutputValue"]) for one in told}
            if output in outputs:
                found[kind] = outputs[output]
    return found


def _of_routes(account: LocalAccount, environment: str) -> list[str]:
    """The policies of the environment's routes, by their path: whoever measures calls routes as a team does."""
    pages = _client(account, "iam", "us-east-1").get_paginator("list_policies")
    found = pages.paginate(Scope="Local", PathPrefix=f"/distillery/{environment}/routes/")
    return [policy["Arn"] for page in found for policy in page["Policies"]]


def _made(account: LocalAccount, name: str, policies: list[str]) -> Variables:
    iam = _client(account, "iam", "us-east-1")
    iam.create_user(UserName=name)
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
