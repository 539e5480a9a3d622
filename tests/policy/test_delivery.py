"""The pipeline of AWS CodePipeline: its steps, what its roles may do, and who trusts them."""

import functools
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import App
from pydantic import ValidationError

import app as cdk_app
from app import build_delivery, build_deployers
from distillery.settings import Settings
from distillery.settings.deployment import GitHubDeployment
from infra.constructs.compliance import acknowledged
from stacks.delivery import DEPLOYS, SYNTHESIZES
from tests.policy.engine import Ask, decide
from tests.policy.synthesis import settings
from tests.policy.templates import Json, as_list
from tests.policy.test_deployers import ACCOUNT, REPOSITORY
from tests.snapshot.compact import stack_text
from tests.unit.stacks.assembly import context

TOOLS = "444455556666"
SNAPSHOT = Path(__file__).parents[1] / "snapshot" / "delivery.json"
WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": ACCOUNT}
CONNECTION = f"arn:aws:codeconnections:us-east-1:{TOOLS}:connection/0a1b2c3d-0000-4000-8000-000000000000"


def deployment(environment: str, **changed: str | None) -> GitHubDeployment:
    role = f"arn:aws:iam::{ACCOUNTS[environment]}:role/distillery-{environment}-deployers-Deploy-A1"
    return REPOSITORY.model_copy(update={"connection": CONNECTION, "deploy_role": role, **changed})


def everything(**changed: GitHubDeployment | None) -> dict[str, Settings]:
    return {
        name: settings(name).model_copy(update={"deployment": changed.get(name, deployment(name))}) for name in ACCOUNTS
    }


def _app() -> tuple[App, Path]:
    out = tempfile.mkdtemp(prefix="distillery-")
    return App(analytics_reporting=False, auto_synth=False, outdir=out, context=dict(context())), Path(out)


@functools.cache
def template() -> Json:
    """Returns the stack's template, synthesized with all rules enabled. A finding raises."""
    app, out = _app()
    build_delivery(app, everything()).synth()
    assert all(one.reason for one in acknowledged(app))
    found: Json = json.loads((out / "distillery-delivery.template.json").read_text(encoding="utf-8"))
    return found


def _of(kind: str) -> dict[str, Json]:
    return {name: one["Properties"] for name, one in template()["Resources"].items() if one["Type"] == kind}


def _statements(policy: Json) -> Iterator[tuple[str, Json]]:
    for statement in policy["PolicyDocument"]["Statement"]:
        for action in as_list(statement["Action"]):
            yield action, statement


def test_one_commit_goes_from_dev_over_staging_to_prod_which_a_person_approves() -> None:
    (pipeline,) = _of("AWS::CodePipeline::Pipeline").values()
    stages = [
        (stage["Name"], [one["Name"] for one in sorted(stage["Actions"], key=lambda each: int(each["RunOrder"]))])
        for stage in pipeline["Stages"]
    ]
    assert stages[1:] == [
        ("Build", ["Synth"]),
        ("dev", ["Deploy-dev"]),
        ("staging", ["Deploy-staging"]),
        ("prod", ["Approve", "Deploy-prod"]),
    ]
    orders = {one["Name"]: one["RunOrder"] for one in pipeline["Stages"][-1]["Actions"]}
    assert orders["Approve"] < orders["Deploy-prod"]
    assert (pipeline["PipelineType"], pipeline["ExecutionMode"]) == ("V2", "QUEUED")
    (source,) = pipeline["Stages"][0]["Actions"]
    assert source["Configuration"]["ConnectionArn"] == CONNECTION
    assert (source["Configuration"]["FullRepositoryId"], source["Configuration"]["BranchName"]) == (
        "acme/distillery",
        "main",
    )


def test_it_runs_what_the_workflows_run() -> None:
    def ran(workflow: str) -> list[str]:
        text = (WORKFLOWS / workflow).read_text(encoding="utf-8")
        return [found for found in re.findall(r"^ +- run: (.+?)(?: #.*)?$", text, re.M) if found != "make web-identity"]

    assert list(SYNTHESIZES) == ran("promote.yml")
    assert [command for command in DEPLOYS if command != "make assume-role"] == ran("deploy.yml")
    built = [
        json.loads(one["Source"]["BuildSpec"])["phases"]["build"] for one in _of("AWS::CodeBuild::Project").values()
    ]
    assert [one["commands"] for one in built] == [list(SYNTHESIZES), *[list(DEPLOYS)] * 3]


def test_every_build_is_encrypted_unprivileged_and_of_a_named_image() -> None:
    projects = _of("AWS::CodeBuild::Project").values()
    assert {json.dumps(one["EncryptionKey"]) for one in projects} == {'{"Fn::GetAtt": ["Key961B73FD", "Arn"]}'}
    assert {one["Environment"]["PrivilegedMode"] for one in projects} == {False}
    assert not any("latest" in one["Environment"]["Image"] for one in projects)
    assert [one["EnableKeyRotation"] for one in _of("AWS::KMS::Key").values()] == [True]


MADE_BY_CDK = {
    *("kms:GenerateDataKey*", "kms:ReEncrypt*"),
    *("s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*"),
}


def test_no_action_has_a_wildcard_but_those_of_the_cdks_grants_on_own_things() -> None:
    wide = [
        (action, statement)
        for policy in _of("AWS::IAM::Policy").values()
        for action, statement in _statements(policy)
        if "*" in action
    ]
    assert {action for action, _ in wide} == MADE_BY_CDK
    for _, statement in wide:
        for resource in as_list(statement["Resource"]):
            assert re.search(r"Artifacts\w+|Key961B73FD", json.dumps(resource)), resource


@pytest.mark.parametrize("environment", ACCOUNTS)
def test_a_step_may_assume_the_role_of_its_environment_alone(environment: str) -> None:
    roles = {
        action_of["Roles"][0]["Ref"]: statement["Resource"]
        for action_of in _of("AWS::IAM::Policy").values()
        for action, statement in _statements(action_of)
        if action == "sts:AssumeRole" and isinstance(statement["Resource"], str)
    }
    assumed = {name: roles[logical] for logical, name in _named().items()}
    assert assumed[f"distillery-delivery-{environment}"] == deployment(environment).deploy_role


def _named() -> dict[str, str]:
    return {logical: one["RoleName"] for logical, one in _of("AWS::IAM::Role").items() if "RoleName" in one}


def _session(role: str) -> str:
    """The ARN of a session of the role, whose `aws:PrincipalArn` is the role's."""
    return f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/build"


def _trusts(connection: str | None, *principals: str) -> list[bool]:
    """Whether the role that deploys prod trusts each role. The evaluator knows policies of identities."""
    app, out = _app()
    of = deployment("prod", connection=connection)
    build_deployers(app, settings("prod").model_copy(update={"account": ACCOUNT}), of).synth()
    found = json.loads((out / "distillery-prod-deployers.template.json").read_text(encoding="utf-8"))
    trust = found["Resources"]["Deploy"]["Properties"]["AssumeRolePolicyDocument"]
    statements = [
        {key: value for key, value in one.items() if key != "Principal"} | {"Resource": "*"}
        for one in trust["Statement"]
        if one["Principal"].get("AWS") == f"arn:aws:iam::{TOOLS}:root"
    ]
    asks = [Ask("sts:AssumeRole", "arn:aws:iam:::role/r", principal=_session(arn)) for arn in principals]
    return decide([({"Version": "2012-10-17", "Statement": statements}, asks)])[0]


def test_the_role_that_deploys_trusts_the_one_step_of_the_pipeline() -> None:
    role = f"arn:aws:iam::{TOOLS}:role/distillery-delivery"
    principals = [
        f"{role}-prod",
        f"{role}-staging",
        f"{role}-prod-x",
        f"arn:aws:iam::{ACCOUNT}:role/distillery-delivery-prod",
    ]
    assert _trusts(CONNECTION, *principals) == [True, False, False, False]
    assert _trusts(None, *principals) == [False] * 4


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"staging": None}, r"environments/staging.toml has no connection or no deploy_role"),
        ({"prod": deployment("prod", deploy_role=None)}, r"environments/prod.toml has no connection or no deploy_role"),
        ({"dev": deployment("dev", connection=None)}, r"environments/dev.toml has no connection or no deploy_role"),
        ({"dev": deployment("dev", branch="next")}, "different connections, repositories or branches"),
    ],
)
def test_every_environment_names_the_same_pipeline_and_its_own_role(
    changed: dict[str, GitHubDeployment | None], wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        build_delivery(_app()[0], everything(**changed))


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("connection", CONNECTION, CONNECTION.replace("connection/", "host/")),
        ("connection", CONNECTION.replace("codeconnections", "codestar-connections"), CONNECTION.replace(TOOLS, "1")),
        ("deploy_role", deployment("prod").deploy_role, f"arn:aws:iam::{ACCOUNT}:user/ana"),
        ("deploy_role", f"arn:aws:iam::{ACCOUNT}:role/path/Deploy", "distillery-prod-deployers-Deploy-A1"),
    ],
)
def test_the_settings_take_the_arns_of_a_connection_and_a_role_alone(key: str, right: str, wrong: str) -> None:
    given = REPOSITORY.model_dump()
    assert getattr(GitHubDeployment.model_validate({**given, key: right}), key) == right
    with pytest.raises(ValidationError, match=key):
        GitHubDeployment.model_validate({**given, key: wrong})


def test_the_environments_are_those_of_the_makefile() -> None:
    makefile = (WORKFLOWS.parents[1] / "Makefile").read_text(encoding="utf-8")
    assert f"ENVIRONMENTS := {' '.join(cdk_app.PROMOTED)}\n" in makefile


def test_the_stack_is_as_its_snapshot_shows_it() -> None:
    now = stack_text(template())
    if os.environ.get("UPDATE") == "1":
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == now, "`UPDATE=1 make snapshot` writes it"
