"""Template validation loads while Python imports and packs. Node answers through one pipe, so neither may call it."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from distillery.settings import load
from infra.template_validation import MEANWHILE, pack_archives
from tests.assemblies import assembly_of
from tests.unit.stacks.assembly import DAYS

ROOT = Path(__file__).parents[3]
IMPORT = """
import importlib, sys
import aws_cdk
import jsii._kernel.providers.process as process
def refuse(self, *request): raise AssertionError(f"{name} calls Node: {request}")
process._NodeProcess.send = refuse
for name in sys.argv[1:]: importlib.import_module(name)
from infra.template_validation import pack_archives
pack_archives()
"""
WITHOUT_THE_CDK = """
import importlib, sys
from infra.template_validation import SETTINGS, pack_archives
importlib.import_module(SETTINGS)
pack_archives()
for name in sys.argv[1:]: importlib.import_module(name)
assert "aws_cdk" not in sys.modules, "needs the CDK"
"""
BOTO3 = """
import sys
import app
from stacks import bootstrap, collection, delivery, deployers
assert "boto3" not in sys.modules, "loads boto3"
"""
SYNTH = """
from infra.template_validation import load_template_validation
validation = load_template_validation()
from aws_cdk import App, CfnResource, Stack, Validations
app = App(analytics_reporting=False, auto_synth=False)
if validation: Validations.of(app).add_plugins(validation)
bucket = {"VersioningConfiguration": {"Status": "Sometimes"}}
CfnResource(Stack(app, "S"), "Bucket", type="AWS::S3::Bucket", properties=bucket)
app.synth()
"""


def errors_of(script: str, *arguments: str, **variables: str) -> str:
    """Returns what a script wrote to stderr."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])  # of Node
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path, **variables}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False).stderr


@pytest.mark.slow
@pytest.mark.parametrize("environment", DAYS)
def test_each_environment_deploys_what_is_packed_meanwhile(environment: str) -> None:
    folder = assembly_of(load(environment, on=DAYS[environment])).folder
    hashes = {sha256(name.encode()).hexdigest() for name in pack_archives()}  # as the CDK names an asset
    assert hashes <= {asset.name.split(".")[1] for asset in folder.glob("asset.*.zip")}


@pytest.mark.slow
def test_what_is_done_meanwhile_does_not_call_node() -> None:
    assert "calls Node" not in errors_of(IMPORT, *MEANWHILE)


@pytest.mark.slow
def test_a_module_that_calls_node_is_found() -> None:
    """A module that reads the functions' runtime from Node when it is imported."""
    assert "calls Node" in errors_of(IMPORT, "infra.constructs.lambda_code")


@pytest.mark.slow
@pytest.mark.parametrize(("more", "needs"), [((), False), (("infra.constructs.arn",), True)])
def test_what_is_done_while_node_starts_needs_no_cdk(more: tuple[str, ...], needs: bool) -> None:
    assert ("needs the CDK" in errors_of(WITHOUT_THE_CDK, *more)) is needs


@pytest.mark.slow
def test_a_synth_does_not_load_boto3() -> None:
    assert not errors_of(BOTO3)


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "reported"), [("", True), ("false", False)])
def test_an_invalid_template_is_reported_unless_validation_is_off(setting: str, reported: bool, tmp_path: Path) -> None:
    told = errors_of(SYNTH, CDK_VALIDATION=setting, CDK_OUTDIR=str(tmp_path))
    assert ("'Sometimes' is not one of" in told) is reported, told
