"""IAM users of the local account, with the managed policies that an environment's stacks declare for people.

On AWS the account's owner attaches these policies to people (README, First deployment). Here `credentials` creates a
user with the requested policies and no others, and stores its access key in `people.json` in the account's state
folder. Deployments use the root user, whose access key id is the account id.
"""

import json
from typing import Any

from local.account import LocalAccount, write_private

POLICY_OUTPUTS = {
    "operator": ("pipeline", "OperatorPolicyArn"),
    "approver": ("pipeline", "ApproverPolicyArn"),
    "examiner": ("pipeline", "ExaminerPolicyArn"),
    "reader": ("pipeline", "DataReaderPolicyArn"),
    "eraser": ("pipeline", "EraserPolicyArn"),
    "logs-eraser": ("collection", "LogsEraserPolicyArn"),
    "on-call": ("pipeline", "OnCallPolicyArn"),
    "billing": ("pipeline", "BillingPolicyArn"),
    "cleaner": ("pipeline", "CleanerPolicyArn"),
    "sharer": ("pipeline", "SharerPolicyArn"),
    "promoter": ("pipeline", "PromoterPolicyArn"),
    "caller": ("serving", "CallerPolicyArn"),
    "measurer": ("serving", "MeasurerPolicyArn"),
    "collector": ("collection", "CollectorPolicyArn"),
}
"""Stack and output of the policy of each kind of person. Only some environments have a collection stack."""

Variables = dict[str, str]


def find_credentials(account: LocalAccount, environment: str, *kinds: str) -> Variables:
    """Returns the variables of an existing user, without `kinds` the one with all policies; empty if there is none."""
    path = account.people_file
    people: dict[str, Variables] = json.loads(path.read_text()) if path.exists() else {}
    return people.get(_name(environment, kinds), {})


def credentials(account: LocalAccount, environment: str, *kinds: str, home: str, inference: str) -> Variables:
    """Returns environment variables with the credentials of a user, which is created if it does not exist.

    Args:
        account: The local account.
        environment: Name of an environment that is deployed there.
        kinds: Kinds of person whose policies the user has; all of them by default.
        home: Home Region of the environment.
        inference: Its inference Region.

    Raises:
        ValueError: If the environment declares no policy for a kind.
    """
    if found := find_credentials(account, environment, *kinds):
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
    import boto3  # its import is slow, and to find existing credentials does not need it

    return boto3.client(service, region_name=region, endpoint_url=account.endpoint, **account.root)  # type: ignore[call-overload]  # by name


def _declared(account: LocalAccount, environment: str, *, home: str, inference: str) -> Variables:
    """Returns the ARN of the policy of each kind, from the outputs of the stacks."""
    stacks = {region: _outputs(account, region) for region in {home, inference}}
    found: Variables = {}
    for kind, (stack, output) in POLICY_OUTPUTS.items():
        region = home if stack == "pipeline" else inference
        if arn := stacks[region].get(f"distillery-{environment}-{stack}", {}).get(output):
            found[kind] = arn
    return found


def _outputs(account: LocalAccount, region: str) -> dict[str, Variables]:
    """Returns the outputs of each stack of a Region."""
    pages = _client(account, "cloudformation", region).get_paginator("describe_stacks").paginate()
    return {
        stack["StackName"]: {one["OutputKey"]: str(one["OutputValue"]) for one in stack.get("Outputs", ())}
        for page in pages
        for stack in page["Stacks"]
        if stack["StackStatus"] != "DELETE_COMPLETE"  # which AWS does not list
    }


def _of_routes(account: LocalAccount, environment: str) -> list[str]:
    """Returns the policies of the environment's routes, by their path: to measure a route is to call it."""
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
