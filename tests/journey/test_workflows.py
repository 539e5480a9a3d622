"""The commands of the workflows that deploy, compare and delete, in their order, by the roles that the workflows get.

Each job has a token with the claims of GitHub, signed by the local account in GitHub's place; the CDK and the command
get their roles with it, and IAM is enforced. `tests/unit/deployment` tests how a job asks for a token, and
`tests/unit/audit` the jobs themselves.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from aws_cdk import App

from app import build_deployers
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import take_inventory
from distillery.settings import load
from infra.constructs import github
from infra.deployment.ephemeral import write
from local.account import ROOT, LocalAccount
from local.deploy import Deployment
from tests import waiting
from tests.assemblies import assembly_of
from tests.journey.conftest import Start
from tests.journey.environment import RECIPE, Environment
from tests.journey.test_cdk import CDK
from tests.journey.unmanaged import Unmanaged
from tests.journey.zero_residue import remains
from tests.policy.test_deployers import COMPARES, DEPLOYS, LOOKS, REPOSITORY
from tests.unit.stacks.assembly import DAYS, context

WORKFLOWS = ROOT / ".github" / "workflows"
INSTALLED = (".venv-uv/ok", ".venv/ok", "node_modules/ok", ".build/wheels/ok")
GITHUBS = {"make install", "make assemblies", "make web-identity"}
"""Commands that install, synthesize with today's date, or ask GitHub."""
IN_DEV = {**DEPLOYS, "sub": "repo:acme/distillery:environment:dev", "environment": "dev"}
BRANCH = "feature/better-prompts"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_SIGN = """
import json, sys
from local.emulator.hooks.web_identity import token
sys.stdout.write(token(**json.load(sys.stdin)))
"""


def commands(workflow: str) -> list[str]:
    """Returns what the jobs of a workflow run, without what needs GitHub or a network."""
    text = (WORKFLOWS / workflow).read_text(encoding="utf-8")
    found = re.findall(r"^ +- run: (.+?)(?: #.*)?$", text, re.M)
    return [command for command in found if command not in GITHUBS]


def _trusted(environment: Environment, folder: Path) -> dict[str, str]:
    """Deploys the stack of the workflows' roles. Returns the outputs, which name the roles."""
    iam = environment.client("iam")
    iam.create_open_id_connect_provider(Url=f"https://{github.HOST}", ClientIDList=[github.AUDIENCE])
    app = App(analytics_reporting=False, auto_synth=False, outdir=str(folder), context=dict(context()))
    build_deployers(app, environment.settings, REPOSITORY.model_copy(update={"create_provider": False})).synth()
    Deployment(environment.account).up(folder)
    name = environment.names.stack("deployers")
    (stack,) = environment.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def test_what_the_workflows_run_compares_and_deploys_one_assembly(start: Start, tmp_path: Path) -> None:
    account, settings = start("dev")
    environment = Environment(account, settings)
    shutil.copytree(assembly_of(settings).folder, tmp_path / "assemblies" / "dev", copy_function=shutil.copyfile)
    regions = (environment.home, environment.inference)
    targets = " ".join(f"aws://{account.account}/{one}" for one in regions)
    _run(account, f"cd {tmp_path} && {CDK} bootstrap {targets}", tmp_path, {})  # without cdk.json, it needs no app
    roles = _trusted(environment, tmp_path / "deployers")
    examines = _job(account, tmp_path, roles["ExamineRoleArn"], COMPARES)
    deploys = _job(account, tmp_path, roles["DeployRoleArn"], IN_DEV)
    summary = tmp_path / "summary.md"

    for command in commands("diff.yml"):
        _run(account, command, tmp_path, examines)
    assert "    Resources\n" in summary.read_text(encoding="utf-8")
    assert "AWS::StepFunctions::StateMachine" in summary.read_text(encoding="utf-8")

    assert commands("deploy.yml") == ["make doctor", "make deploy", "make doctor"]
    for command in commands("deploy.yml"):
        _run(account, command, tmp_path, deploys)
    summary.unlink()
    for command in commands("diff.yml"):
        _run(account, command, tmp_path, examines)
    assert "Number of stacks with differences: 0" in summary.read_text(encoding="utf-8")

    assert _watched_drift(environment) == [], "what the workflow deployed is what it recorded"
    looks = _job(account, tmp_path, roles["ExamineRoleArn"], LOOKS)
    _run(account, "make drift", tmp_path, looks)
    _edit_by_hand(environment)
    stack = environment.names.stack("teardown")
    (unpromoted,) = _watched_drift(environment)  # it asks for the next comparison
    assert unpromoted.startswith(f"the template of stack {stack} in us-east-1 is not what was promoted (commit ")
    (changed, _) = _watched_drift(environment)
    assert "AWS::Lambda::Function" in changed
    assert changed.endswith("was changed past CloudFormation: /Timeout")
    doctor = _done(account, "make doctor", tmp_path, {}).stdout
    assert changed in " ".join(doctor.split())
    assert unpromoted in " ".join(doctor.split())
    assert "Number of stacks with differences: 1" in _done(account, "make drift", tmp_path, looks).stdout
    assert _done(account, "make drift", tmp_path, looks).returncode != 0

    for wrong in ({"ref": "refs/heads/feature"}, {"environment": "prod"}, {"repository_id": "1"}):
        refused = _done(
            account, "make deploy", tmp_path, _job(account, tmp_path, roles["DeployRoleArn"], {**IN_DEV, **wrong})
        )
        assert refused.returncode != 0
        assert "Unable to resolve AWS account" in refused.stderr, "it got no credentials"


def test_an_environment_of_a_branch_is_deleted_after_its_last_day(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, dev = start("dev")
    monkeypatch.setenv("DISTILLERY_CLOCK_FILE", str(account.clock_file))
    name = write(BRANCH, 3, folder=tmp_path / "environments").stem
    environment = Environment(account, load(name, on=DAYS["dev"], folder=tmp_path / "environments"))
    Deployment(account).up(assembly_of(environment.settings).folder)
    roles = _trusted(Environment(account, dev), tmp_path / "deployers")
    made = Unmanaged(environment)
    made.serve(RECIPE, HostingMode.ON_DEMAND, made.model(RECIPE))
    job = _job(account, tmp_path, roles["ExpireRoleArn"], IN_DEV)
    account.publish(name, region=environment.home, variables={**dict.fromkeys(_KEYS, ""), **job})
    local = {**job, "DISTILLERY_LOCAL": "true", "DISTILLERY_LOCAL_ACCOUNT": str(account.client_file)}
    assert commands("expired.yml") == ["make destroy-expired"]

    _run(account, "make destroy-expired", tmp_path, local)
    assert environment.alias() is not None, "the last day is not over"
    environment.advance_hours(4 * 24)
    listed = _done(account, "make expired", tmp_path, local)
    assert listed.returncode != 0
    assert f"{name} of branch {BRANCH}" in listed.stdout
    _run(account, "make destroy-expired DRY_RUN=1", tmp_path, local)
    assert environment.alias() is not None, "a dry run changes nothing"
    _run(account, "make destroy-expired", tmp_path, local)
    _run(account, "make expired", tmp_path, local)
    assert [each for each in remains(environment) if "deployers" not in each] == []
    assert take_inventory(environment.names, environment.client("bedrock")).is_empty


def _watched_drift(environment: Environment) -> list[str]:
    """Runs the drift watch, and returns its sentences. It reads what was compared since its last run."""
    functions = environment.client("lambda").list_functions()["Functions"]
    (watch,) = [one["FunctionName"] for one in functions if "DriftFunction" in one["FunctionName"]]
    answer = environment.client("lambda").invoke(FunctionName=watch, Payload=b"{}")
    found = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, found
    return list(found)


def _edit_by_hand(environment: Environment) -> None:
    """Updates a function, and a stack with another template, as somebody does who goes past the promotion."""
    cfn, name = environment.client("cloudformation"), environment.names.stack("teardown")
    functions = environment.client("lambda").list_functions()["Functions"]
    (dataset,) = [one["FunctionName"] for one in functions if "DatasetFunction" in one["FunctionName"]]
    environment.client("lambda").update_function_configuration(FunctionName=dataset, Timeout=7)
    body = cfn.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    template = json.loads(body) if isinstance(body, str) else dict(body)
    template["Outputs"] = {**template.get("Outputs", {}), "ByHand": {"Value": "yes"}}
    cfn.update_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    waiting.until(
        environment.account,
        lambda: cfn.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE",
    )


def _job(account: LocalAccount, folder: Path, role: str, claims: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables of a job whose token has these claims."""
    signed = json.dumps({"claims": {"iss": f"https://{github.HOST}", **claims}, "secret": account.secret})
    python = [str(ROOT / ".venv-local" / "bin" / "python"), "-c", _SIGN]
    token = subprocess.run(python, cwd=ROOT, input=signed, capture_output=True, text=True, check=True).stdout
    file = folder / f"token-{hashlib.sha256(token.encode()).hexdigest()[:8]}"
    file.write_text(token, encoding="utf-8")
    return {"AWS_ROLE_ARN": role, "AWS_ROLE_SESSION_NAME": "job", "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}


def _run(account: LocalAccount, command: str, folder: Path, job: Mapping[str, str]) -> None:
    done = _done(account, command, folder, job)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}{_summary(folder)}"


def _summary(folder: Path) -> str:
    file = ROOT / ".build" / "diff.txt"
    return file.read_text(encoding="utf-8")[-3000:] if file.exists() else ""


def _done(
    account: LocalAccount, command: str, folder: Path, job: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Runs a command of a workflow as a step does, with what `make install` made taken as it is.

    With the variables of a job, it has no other credentials.
    """
    given = account.environ()
    if job:
        given = {name: value for name, value in given.items() if name not in _KEYS} | dict(job)
    variables = given | {
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)]),
        "ASSEMBLIES": str(folder / "assemblies"),
        "ENV": "dev",
        "CI": "true",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    old = " ".join(f"--old-file={one}" for one in INSTALLED)
    script = re.sub(r"^make ", f"make {old} ", command)
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=600
    )
