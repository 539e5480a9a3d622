"""The CDK command line as users run it: bootstrap, deploy, destroy."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import take_inventory
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
    targets = [f"aws://{account.account}/{region}" for region in (environment.home, environment.inference)]
    _cdk(account, "bootstrap", *targets)
    app = ["--all", "-c", "env=dev", "-c", f"date={DAYS['dev']}", "--output", str(tmp_path / "cdk.out")]
    _cdk(account, "deploy", *app, "--require-approval", "never", "--concurrency", "3")
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
    for region in (environment.home, environment.inference):
        assert _stacks(environment, region) == ["CDKToolkit"]
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


def _cdk(account: LocalAccount, *arguments: str) -> None:
    done = subprocess.run([str(CDK), *arguments], cwd=ROOT, env=account.environ(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def _buckets(environment: Environment) -> list[str]:
    return [bucket["Name"] for bucket in environment.client("s3").list_buckets()["Buckets"]]


def _stacks(environment: Environment, region: str) -> list[Any]:
    stacks = environment.client("cloudformation", region).describe_stacks()["Stacks"]
    return [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
