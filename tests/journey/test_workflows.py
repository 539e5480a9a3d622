"""The commands of the workflows that deploy and compare, in their order, against a bootstrapped account.

What needs GitHub is tested elsewhere: the token by `tests/unit/deployment`, the jobs by `tests/unit/audit`.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from local.account import ROOT, LocalAccount
from tests.assemblies import assembly_of
from tests.journey.conftest import Start
from tests.journey.environment import Environment
from tests.journey.test_cdk import CDK

WORKFLOWS = ROOT / ".github" / "workflows"
INSTALLED = (".venv-uv/ok", ".venv/ok", "node_modules/ok", ".build/wheels/ok")
GITHUBS = {"make install", "make assemblies", "make web-identity"}
"""Commands that install, synthesize with today's date, or ask GitHub."""


def commands(workflow: str) -> list[str]:
    """Returns what the jobs of a workflow run, without what needs GitHub or a network."""
    text = (WORKFLOWS / workflow).read_text(encoding="utf-8")
    found = re.findall(r"^ +- run: (.+?)(?: #.*)?$", text, re.M)
    return [command for command in found if command not in GITHUBS]


def test_what_the_workflows_run_compares_and_deploys_one_assembly(start: Start, tmp_path: Path) -> None:
    account, settings = start("dev")
    environment = Environment(account, settings)
    assemblies, summary = tmp_path / "assemblies", tmp_path / "summary.md"
    shutil.copytree(assembly_of(settings).folder, assemblies / "dev", copy_function=shutil.copyfile)
    regions = (environment.home, environment.inference)
    _run(account, f"{CDK} bootstrap {' '.join(f'aws://{account.account}/{region}' for region in regions)}", tmp_path)

    for command in commands("diff.yml"):
        _run(account, command, tmp_path)
    assert "    Resources\n" in summary.read_text(encoding="utf-8")
    assert "AWS::StepFunctions::StateMachine" in summary.read_text(encoding="utf-8")

    assert commands("deploy.yml") == ["make doctor", "make deploy", "make doctor"]
    for command in commands("deploy.yml"):
        _run(account, command, tmp_path)
    summary.unlink()
    for command in commands("diff.yml"):
        _run(account, command, tmp_path)
    assert "Number of stacks with differences: 0" in summary.read_text(encoding="utf-8")


def _run(account: LocalAccount, command: str, folder: Path) -> None:
    """Runs a command of a workflow as a step does, with what `make install` made taken as it is."""
    variables = account.environ() | {
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)]),
        "ASSEMBLIES": str(folder / "assemblies"),
        "ENV": "dev",
        "CI": "true",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    old = " ".join(f"--old-file={one}" for one in INSTALLED)
    script = re.sub(r"^make ", f"make {old} ", command)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
