"""The role of the workflow that deletes environments of branches: who gets it, and that it deletes nothing else."""

from collections.abc import Mapping

import pytest

from infra.deployment.ephemeral import name_of
from tests.policy.engine import Ask
from tests.policy.templates import Json
from tests.policy.test_deployers import ACCOUNT, DEPLOYS, Claims, admits, document, template, trust_of, within_boundary

BRANCHS = name_of("feature/better-prompts")
IN_DEV: Claims = {**DEPLOYS, "sub": "repo:acme/distillery:environment:dev", "environment": "dev"}
TAGS = {"aws:ResourceTag/branch": "feature/better-prompts", "aws:ResourceTag/last_day": "2026-11-30"}
BY_URL = {"lambda:InvokedViaFunctionUrl": "true"}
SIGNED = {"lambda:FunctionUrlAuthType": "AWS_IAM"}


def _stack(action: str, environment: str, region: str = "us-east-2", tags: Mapping[str, str] = TAGS) -> Ask:
    arn = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/distillery-{environment}-pipeline/0a1b-2c3d"
    return Ask(f"cloudformation:{action}", arn, dict(tags))


def _list(region: str) -> Ask:
    every = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/*/*"
    return Ask("cloudformation:ListStacks", every, {"aws:RequestedRegion": region})


def _function(action: str, name: str, context: Mapping[str, str]) -> Ask:
    return Ask(f"lambda:{action}", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", dict(context))


def _parameter(name: str) -> Ask:
    return Ask("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/distillery/{name}")


CLEANING = f"distillery-{BRANCHS}-pi-CleaningFunction-a1B2"
MAY = [
    *(_list(region) for region in ("us-east-1", "us-east-2")),
    *(
        _stack(action, BRANCHS, region)
        for action in ("DescribeStacks", "DescribeStackEvents", "GetTemplate", "DeleteStack")
        for region in ("us-east-1", "us-east-2")
    ),
    _function("InvokeFunction", CLEANING, BY_URL),
    _function("InvokeFunctionUrl", CLEANING, SIGNED),
    _parameter(f"{BRANCHS}/pipeline"),
    _parameter(f"{BRANCHS}/alias/support"),
]
NEVER = [
    _list("eu-west-1"),
    *(_stack("DeleteStack", environment) for environment in ("dev", "staging", "prod", "launch", f"{BRANCHS}x")),
    *(_stack("DeleteStack", BRANCHS, tags={key: value}) for key, value in TAGS.items()),
    _stack("DeleteStack", BRANCHS, tags={}),
    _stack("DeleteStack", BRANCHS, region="eu-west-1"),
    _stack("UpdateStack", BRANCHS),
    _stack("SetStackPolicy", BRANCHS),
    _stack("GetTemplate", "prod"),
    _function("InvokeFunction", CLEANING, {}),
    _function("InvokeFunctionUrl", CLEANING, {"lambda:FunctionUrlAuthType": "NONE"}),
    _function("InvokeFunctionUrl", "distillery-prod-pipeline-CleaningFunction-a1B2", SIGNED),
    _function("InvokeFunctionUrl", f"distillery-{BRANCHS}-se-Invoke-a1B2", SIGNED),
    _parameter("prod/pipeline"),
    _parameter(f"{BRANCHS}/serving"),
    Ask("ssm:PutParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/distillery/{BRANCHS}/pipeline"),
    Ask("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-us-east-1"),
    Ask("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"),
]


def _policies() -> tuple[Json, Json]:
    return document("ExpirePolicy", "dev"), document("Boundary", "dev")


def test_the_role_deletes_environments_of_branches_and_nothing_else() -> None:
    asks = [*MAY, *NEVER]
    decided = within_boundary(*_policies(), asks)
    assert [ask for ask, allowed in zip(asks, decided, strict=True) if allowed != (ask in MAY)] == []


def test_administrators_rights_on_it_are_no_more_than_the_work_of_the_three_roles() -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    asks = [ask for ask in NEVER if ask.action != "sts:AssumeRole"]  # which the role that deploys may
    assert within_boundary(everything, document("Boundary", "dev"), asks) == [False] * len(asks)


@pytest.mark.parametrize("index", range(len(document("ExpirePolicy", "dev")["Statement"])))
def test_each_statement_is_needed_in_the_policy_and_in_the_boundary(index: int) -> None:
    policy, boundary = _policies()
    statement = policy["Statement"].pop(index)
    assert not all(within_boundary(policy, boundary, MAY))
    boundary["Statement"].remove(statement)
    assert not all(within_boundary(_policies()[0], boundary, MAY))


def test_only_a_job_of_the_branch_in_the_environment_dev_gets_it() -> None:
    trust = trust_of("Expire", template("dev"))
    wrong: list[Claims] = [
        {"sub": "repo:acme/distillery:ref:refs/heads/main"},
        {"sub": "repo:acme/distillery:environment:prod", "environment": "prod"},
        {"ref": "refs/heads/feature"},
        {"repository_id": "987654321"},
        {"aud": "https://github.com/acme"},
    ]
    assert admits(trust, IN_DEV) == [True]
    assert admits(trust, *({**IN_DEV, **each} for each in wrong)) == [False] * len(wrong)
    assert len(trust["Statement"]) == 1


def test_the_other_environments_have_no_such_role() -> None:
    assert "Expire" in template("dev")["Resources"]
    assert "Expire" not in template("prod")["Resources"]
