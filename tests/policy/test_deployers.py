"""Who may deploy an environment from GitHub: a token's claims against the trust of the roles, and what a role may do.

Each statement is needed: without it, what must be allowed is refused.
"""

import copy
import functools
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import build_deployers
from distillery.settings.deployment import GitHubDeployment
from infra.constructs.compliance import acknowledged
from tests.policy.engine import Ask, decide
from tests.policy.synthesis import settings
from tests.policy.templates import Json, rendered
from tests.policy.test_bootstrap import check_by_person
from tests.snapshot.compact import stack_text
from tests.unit.stacks.assembly import context

ACCOUNT, OTHER_ACCOUNT = "333333333333", "222222222222"
HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
SNAPSHOT = Path(__file__).parents[1] / "snapshot" / "deployers.json"
REPOSITORY = GitHubDeployment(repository="acme/distillery", repository_id=123456789, owner_id=1234567)
Claims = Mapping[str, str]

DEPLOYS: Claims = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme/distillery:environment:prod",
    "repository_id": "123456789",
    "environment": "prod",
    "ref": "refs/heads/main",
}
"""The token of a job of deploy.yml."""
COMPARES: Claims = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme/distillery:pull_request",
    "repository_id": "123456789",
    "ref": "refs/pull/7/merge",
}
"""The token of a job of diff.yml."""
LOOKS: Claims = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme/distillery:ref:refs/heads/main",
    "repository_id": "123456789",
    "ref": "refs/heads/main",
}
"""The token of a job of drift.yml."""
IMMUTABLE = "repo:acme@1234567/distillery@123456789"


@functools.cache
def assembly(environment: str = "prod", *, create_provider: bool = True) -> Path:
    """Returns the folder of the stack, synthesized with all rules enabled. A finding raises."""
    from aws_cdk import App

    out = tempfile.mkdtemp(prefix="distillery-")
    app = App(analytics_reporting=False, auto_synth=False, outdir=out, context=dict(context()))
    of = REPOSITORY.model_copy(update={"create_provider": create_provider})
    build_deployers(app, settings(environment).model_copy(update={"account": ACCOUNT}), of).synth()
    reasons = list(acknowledged(app))
    assert {one.id.partition("[")[0] for one in reasons} == {"Annotation::AwsSolutions-IAM5"}, reasons
    return Path(out)


@functools.cache
def template(environment: str = "prod", *, create_provider: bool = True) -> Json:
    file = assembly(environment, create_provider=create_provider) / f"distillery-{environment}-deployers.template.json"
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


def trust_of(role: str, of: Json | None = None) -> Json:
    document: Json = (of or template())["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
    return document


def admits(trust: Json, *tokens: Claims, provider: str = PROVIDER) -> list[bool]:
    """Returns whether a trust policy admits each token of a provider.

    The evaluator knows policies of identities: a statement for the provider is asked as one of those.
    """
    statements = [
        {key: value for key, value in statement.items() if key != "Principal"} | {"Resource": "*"}
        for statement in trust["Statement"]
        if rendered(statement["Principal"]["Federated"]).replace("<Provider.Arn>", PROVIDER) == provider
    ]
    asks = [
        Ask(
            "sts:AssumeRoleWithWebIdentity",
            "arn:aws:iam:::role/r",
            {f"{HOST}:{key}": value for key, value in token.items()},
        )
        for token in tokens
    ]
    return decide([({"Version": "2012-10-17", "Statement": statements}, asks)])[0]


@pytest.mark.parametrize(
    ("role", "token"),
    [
        ("Deploy", DEPLOYS),
        ("Deploy", {**DEPLOYS, "sub": f"{IMMUTABLE}:environment:prod"}),
        ("Examine", COMPARES),
        ("Examine", {**COMPARES, "sub": f"{IMMUTABLE}:pull_request", "ref": "refs/pull/12345/merge"}),
        ("Examine", LOOKS),
        ("Examine", {**LOOKS, "sub": f"{IMMUTABLE}:ref:refs/heads/main"}),
    ],
)
def test_a_job_of_the_repository_gets_its_role(role: str, token: Claims) -> None:
    assert admits(trust_of(role), token) == [True]


WRONG: Mapping[str, Claims] = {
    "another organization": {"sub": "repo:evil/distillery:environment:prod"},
    "another repository": {"sub": "repo:acme/other:environment:prod"},
    "a repository that took the name": {"repository_id": "987654321"},
    "another owner who took the name": {"sub": "repo:acme@666/distillery@123456789:environment:prod"},
    "another environment": {"sub": "repo:acme/distillery:environment:dev", "environment": "dev"},
    "another environment in one claim": {"environment": "dev"},
    "no environment": {"sub": "repo:acme/distillery:ref:refs/heads/main"},
    "another branch": {"ref": "refs/heads/feature"},
    "a tag named as the branch": {"ref": "refs/tags/main"},
    "a pull request": {"sub": "repo:acme/distillery:pull_request", "ref": "refs/pull/7/merge"},
    "another audience": {"aud": "https://github.com/acme"},
    "a longer name": {"sub": "repo:acme/distillery:environment:production"},
    "another case": {"sub": "repo:ACME/distillery:environment:prod"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_nobody_else_gets_the_role_that_deploys(wrong: Claims) -> None:
    assert admits(trust_of("Deploy"), {**DEPLOYS, **wrong}) == [False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "repo:evil/distillery:pull_request"},
        {"repository_id": "987654321"},
        {"ref": "refs/heads/main"},
        {"sub": "repo:acme/distillery:ref:refs/heads/main"},  # of a pull request's ref
        {"sub": "repo:acme/distillery:environment:prod"},
        {"aud": "https://github.com/acme"},
    ],
)
def test_the_role_that_reads_is_for_pull_requests_of_the_repository(wrong: Claims) -> None:
    assert admits(trust_of("Examine"), {**COMPARES, **wrong}) == [False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "repo:evil/distillery:ref:refs/heads/main"},
        {"repository_id": "987654321"},
        {"ref": "refs/heads/feature"},
        {"sub": "repo:acme/distillery:ref:refs/heads/feature"},
        {"sub": "repo:acme/distillery:ref:refs/heads/feature", "ref": "refs/heads/feature"},
        {"aud": "https://github.com/acme"},
    ],
)
def test_and_for_the_deployed_branch(wrong: Claims) -> None:
    assert admits(trust_of("Examine"), {**LOOKS, **wrong}) == [False]


@pytest.mark.parametrize(("role", "token"), [("Deploy", DEPLOYS), ("Examine", COMPARES)])
def test_a_claim_that_a_token_does_not_have_is_no_match(role: str, token: Claims) -> None:
    without = [{key: value for key, value in token.items() if key != missing} for missing in token]
    assert admits(trust_of(role), *without) == [False] * len(token)


@pytest.mark.parametrize("role", ["Deploy", "Examine"])
def test_another_accounts_provider_and_other_principals_are_not_trusted(role: str) -> None:
    token = DEPLOYS if role == "Deploy" else COMPARES
    assert admits(trust_of(role), token, provider=PROVIDER.replace(ACCOUNT, OTHER_ACCOUNT)) == [False]
    assert admits(trust_of(role), token, provider=PROVIDER.replace(HOST, "gitlab.com")) == [False]
    assert {key for one in trust_of(role)["Statement"] for key in one["Principal"]} == {"Federated"}


@pytest.mark.parametrize(
    ("role", "index", "token"), [("Deploy", 0, DEPLOYS), ("Examine", 0, COMPARES), ("Examine", 1, LOOKS)]
)
def test_each_condition_refuses_a_token_that_all_others_admit(role: str, index: int, token: Claims) -> None:
    """Without it, the token with another value of that claim would be admitted. Without its statement, none is."""
    statement = trust_of(role)["Statement"][index]
    without = copy.deepcopy(trust_of(role))
    del without["Statement"][index]
    assert admits(without, token) == [False]
    found = [(operator, key) for operator, tests in statement["Condition"].items() for key in tests]
    assert {key for _, key in found} == {f"{HOST}:{claim}" for claim in token}
    for operator, key in found:
        wrong = {**token, key.partition(":")[2]: "another"}
        weaker = copy.deepcopy(trust_of(role))
        del weaker["Statement"][index]["Condition"][operator][key]
        assert (admits(trust_of(role), wrong), admits(weaker, wrong)) == ([False], [True]), key


def _bootstrap(kind: str, account: str = ACCOUNT, region: str = "us-east-1") -> Ask:
    return Ask("sts:AssumeRole", f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-{region}")


def _stack(action: str, name: str, account: str = ACCOUNT, region: str = "us-east-2") -> Ask:
    return Ask(f"cloudformation:{action}", f"arn:aws:cloudformation:{region}:{account}:stack/{name}/0a1b-2c3d")


def _record(name: str, action: str = "PutParameter") -> Ask:
    return Ask(f"ssm:{action}", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/distillery/{name}")


MAY: Mapping[str, list[Ask]] = {
    "Deploy": [
        _record("prod/promoted"),
        *(
            _bootstrap(kind, region=region)
            for kind in ("deploy", "file-publishing", "lookup")
            for region in ("us-east-1", "us-east-2")
        ),
    ],
    "Examine": [
        _stack(action, "distillery-prod-pipeline", region=region)
        for action in ("DescribeStacks", "GetTemplate")
        for region in ("us-east-1", "us-east-2")
    ],
}
NOBODY: list[Ask] = [
    _record("dev/promoted"),
    _record("prod/alias/support"),
    _record("prod/promoted", "DeleteParameter"),
    _bootstrap("deploy", account=OTHER_ACCOUNT),
    _bootstrap("deploy", region="eu-west-1"),
    _bootstrap("cfn-exec"),
    _bootstrap("image-publishing"),
    Ask("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    Ask("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"),
    _stack("GetTemplate", "distillery-dev-pipeline"),
    _stack("GetTemplate", "distillery-prod-pipeline", account=OTHER_ACCOUNT),
    _stack("GetTemplate", "distillery-prod-pipeline", region="eu-west-1"),
    _stack("UpdateStack", "distillery-prod-pipeline"),
    _stack("DeleteStack", "distillery-prod-pipeline"),
    Ask("s3:GetObject", "arn:aws:s3:::distillery-prod-data/a"),
]


def document(policy: str, environment: str = "prod") -> Json:
    (found,) = [one for name, one in template(environment)["Resources"].items() if name.startswith(policy)]
    policy_document: Json = copy.deepcopy(found["Properties"]["PolicyDocument"])
    return policy_document


def within_boundary(policy: Json, boundary: Json, asks: list[Ask]) -> list[bool]:
    own, most = decide([(policy, asks), (boundary, asks)])
    return [one and other for one, other in zip(own, most, strict=True)]


@pytest.mark.parametrize("role", MAY)
def test_a_role_does_its_work_and_nothing_else(role: str) -> None:
    other = [ask for name, asks in MAY.items() if name != role for ask in asks]
    refused = [*NOBODY, *other]
    asks = [*MAY[role], *refused]
    decided = within_boundary(document(f"{role}Policy"), document("Boundary"), asks)
    wrong = [
        ask
        for ask, allowed, wanted in zip(asks, decided, [ask in MAY[role] for ask in asks], strict=True)
        if allowed != wanted
    ]
    assert wrong == []


@pytest.mark.parametrize("role", MAY)
def test_the_boundary_holds_what_a_policy_that_is_attached_later_would_add(role: str) -> None:
    """Administrator's rights on one of these roles are no more than the work of both."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    assert within_boundary(everything, document("Boundary"), NOBODY) == [False] * len(NOBODY)
    arn = template()["Resources"][role]["Properties"]["PermissionsBoundary"]["Ref"]
    assert arn.startswith("Boundary")


@pytest.mark.parametrize(
    ("policy", "index"),
    [
        *(("DeployPolicy", 0), ("DeployPolicy", 1), ("ExaminePolicy", 0)),
        *(("Boundary", 0), ("Boundary", 1), ("Boundary", 2)),
    ],
)
def test_each_statement_is_needed(policy: str, index: int) -> None:
    documents = {name: document(name) for name in ("DeployPolicy", "ExaminePolicy", "Boundary")}
    assert sum(len(one["Statement"]) for one in documents.values()) == 6
    del documents[policy]["Statement"][index]
    done = [all(within_boundary(documents[f"{role}Policy"], documents["Boundary"], asks)) for role, asks in MAY.items()]
    assert False in done


def test_an_account_has_one_provider_which_is_created_or_exists() -> None:
    (created,) = [one for one in template()["Resources"].values() if one["Type"] == "AWS::IAM::OIDCProvider"]
    assert created["Properties"]["Url"] == f"https://{HOST}"
    assert created["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]
    imported = template(create_provider=False)
    assert "AWS::IAM::OIDCProvider" not in {one["Type"] for one in imported["Resources"].values()}
    trusted = rendered(trust_of("Deploy", imported)["Statement"][0]["Principal"]["Federated"])
    assert trusted.replace("<AWS::Partition>", "aws").replace("<AWS::AccountId>", ACCOUNT) == PROVIDER


def test_no_role_of_the_bootstrap_decides_who_may_promote() -> None:
    check_by_person(assembly(), "distillery-prod-deployers")


def test_the_stack_is_as_its_snapshot_shows_it() -> None:
    now = stack_text(template())
    if os.environ.get("UPDATE") == "1":
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == now, "`UPDATE=1 make snapshot` writes it"
