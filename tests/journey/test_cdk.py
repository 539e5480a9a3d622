"""The CDK command line as users run it: bootstrap, deploy, destroy."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import take_inventory
from infra.deployment.bootstrap import BOUNDARY, arguments
from local.account import ROOT, LocalAccount
from local.deploy import DeployFailed, Deployment
from tests.assemblies import assembly_of
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy, Start
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, support
from tests.journey.unmanaged import Unmanaged
from tests.journey.zero_residue import remains
from tests.unit.stacks.assembly import DAYS, settings_of

CDK = ROOT / "node_modules" / ".bin" / "cdk"


def test_dev_is_bootstrapped_deployed_and_destroyed_with_every_bucket(start: Start, tmp_path: Path) -> None:
    account, settings = start("dev")
    environment = Environment(account, settings)
    app = ["--all", "-c", "env=dev", "-c", f"date={DAYS['dev']}", "-c", f"environments={_bounded(tmp_path)}"]
    _bootstrap(account, app, tmp_path)
    app += ["--output", str(tmp_path / "cdk.out")]
    _cdk(account, "deploy", *app, "--require-approval", "never", "--concurrency", "3")
    _check_boundaries(environment)
    uploaded = _fill(environment)
    assert_nothing_is_left(environment)
    assert remains(environment)  # the check sees what is there
    _serve(environment)
    _cdk(account, "destroy", *app, "--force")
    assert take_inventory(environment.names, environment.client("bedrock")).is_empty
    folder = environment.names.alias("").rstrip("/")
    assert environment.client("ssm").get_parameters_by_path(Path=folder)["Parameters"] == []
    assert uploaded not in _buckets(environment)
    assert [name for name in _buckets(environment) if "cdk-" not in name] == []
    assert remains(environment) == []
    for region, own in (
        (environment.home, ["CDKToolkit", "distillery-bootstrap"]),
        (environment.inference, ["CDKToolkit"]),
    ):
        assert sorted(_stacks(environment, region)) == own
        assert environment.client("dynamodb", region).list_tables()["TableNames"] == []
        assert environment.client("lambda", region).list_functions()["Functions"] == []


def test_an_environment_that_keeps_its_data_is_not_deleted_while_an_alias_is_left(deploy: Deploy) -> None:
    environment = deploy("dev", settings=settings_of("dev").model_copy(update={"keep_data": True}))
    ssm, deployment = environment.client("ssm"), Deployment(environment.account)
    alias, folder = environment.names.alias("support"), assembly_of(environment.settings).folder
    ssm.put_parameter(Name=alias, Value=json.dumps({"endpoint": {"arn": "arn:left"}}), Type="String")
    before = _stacks(environment, environment.home)
    for _ in range(2):
        with pytest.raises(
            DeployFailed, match=r"names arn:left, which is gone: `distillery --env dev retire support --reason WHY`"
        ):
            deployment.down(folder)
        assert _stacks(environment, environment.home) == before
    ssm.delete_parameter(Name=alias)
    guard = environment.names.stack("teardown")
    environment.client("cloudformation").delete_stack(StackName=guard)
    environment.until(lambda: guard not in _stacks(environment, environment.home), "deletion")


def _bounded(folder: Path) -> Path:
    """Writes the settings of dev with the boundary of the bootstrap."""
    settings = folder / "environments"
    settings.mkdir()
    said = (ROOT / "environments" / "dev.toml").read_text(encoding="utf-8")
    (settings / "dev.toml").write_text(f'permissions_boundary = "{BOUNDARY}"\n{said}', encoding="utf-8")
    return settings


def _bootstrap(account: LocalAccount, app: list[str], folder: Path) -> None:
    """Runs what `make bootstrap` runs, with other settings."""
    outputs = folder / "bootstrap.json"
    policies = ["-c", "bootstrap=true", "--output", str(folder / "bootstrap"), "--outputs-file", str(outputs)]
    _cdk(account, "deploy", *app, *policies, "--require-approval", "never")
    _cdk(account, "bootstrap", *arguments(outputs), folder=folder)


def _check_boundaries(environment: Environment) -> None:
    """CloudFormation's role and every role that it has created have the boundary; it has no administrator's rights."""
    iam, own = environment.client("iam"), f":policy/{BOUNDARY}"
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    execution = [role["RoleName"] for role in roles if "-cfn-exec-role-" in role["RoleName"]]
    ours = [role["RoleName"] for role in roles if role["RoleName"].startswith("distillery-")]
    assert (len(execution), len(ours) > 20) == (2, True)
    for name in (*execution, *ours):
        assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(own), name
    for name in execution:
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        assert {one["PolicyName"] for one in attached} == {
            "cdk-distillery-data",
            "cdk-distillery-functions",
            "cdk-distillery-services",
        }


def _serve(environment: Environment) -> None:
    """Makes what a template does not contain."""
    made = Unmanaged(environment)
    made.serve(RECIPE, HostingMode.ON_DEMAND, made.model(RECIPE))
    made.start_job(RECIPE)
    made.write_parameters()


def _fill(environment: Environment) -> str:
    """Writes two versions of an object to the prompts bucket. CloudFormation alone cannot delete such a bucket."""
    for prompts in (support(*DELIVERY), support(*DELIVERY)[:-1]):
        bucket = environment.upload(prompts, "notes.txt")["bucket"]
    found = environment.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    assert len(found) == 2
    return bucket


def _cdk(account: LocalAccount, *words: str, folder: Path = ROOT) -> None:
    done = subprocess.run([str(CDK), *words], cwd=folder, env=account.environ(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def _buckets(environment: Environment) -> list[str]:
    return [bucket["Name"] for bucket in environment.client("s3").list_buckets()["Buckets"]]


def _stacks(environment: Environment, region: str) -> list[Any]:
    stacks = environment.client("cloudformation", region).describe_stacks()["Stacks"]
    return [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
