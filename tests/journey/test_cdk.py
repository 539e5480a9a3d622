"""The CDK command line as users run it: bootstrap, deploy, destroy."""

import subprocess
from pathlib import Path
from typing import Any

from local.account import ROOT, LocalAccount
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Start
from tests.journey.environment import Environment
from tests.journey.prompts import DELIVERY, support
from tests.journey.zero_residue import remains
from tests.unit.stacks.assembly import DAYS

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
    _cdk(account, "destroy", *app, "--force")
    assert uploaded not in _buckets(environment)
    assert [name for name in _buckets(environment) if "cdk-" not in name] == []
    assert remains(environment) == []
    for region in (environment.home, environment.inference):
        assert _stacks(environment, region) == ["CDKToolkit"]
        assert environment.client("dynamodb", region).list_tables()["TableNames"] == []
        assert environment.client("lambda", region).list_functions()["Functions"] == []


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
