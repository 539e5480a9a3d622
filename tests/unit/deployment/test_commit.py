"""Which commit an assembly is of, and that it reaches what signs records."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App

from app import build
from distillery.core.env_vars import Variable
from distillery.settings.promotion import Promotion
from infra.constructs.signing import COMMIT
from infra.deployment.commit import commit_of
from local.account import ROOT
from tests.unit.stacks.assembly import context, settings_of


def test_a_checkout_whose_files_were_edited_is_marked(tmp_path: Path) -> None:
    assert commit_of({}, tmp_path) == ""
    for words in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "file").write_text("one")
    subprocess.run(["git", "add", "file"], cwd=tmp_path, check=True)
    subprocess.run(["git", "commit", "-qm", "one"], cwd=tmp_path, check=True)
    clean = commit_of({}, tmp_path)
    assert len(clean) == 40
    (tmp_path / "file").write_text("two")
    assert commit_of({}, tmp_path) == f"{clean}+"
    assert commit_of({"GITHUB_SHA": "of-the-job"}, tmp_path) == "of-the-job"
    assert commit_of({"CODEBUILD_RESOLVED_SOURCE_VERSION": "of-the-build"}, tmp_path) == "of-the-build"


@pytest.mark.parametrize("target", ["assemblies", "ephemeral"])
def test_what_make_synthesizes_names_its_commit(target: str) -> None:
    said = subprocess.run(
        ["make", "-n", target, "BRANCH=b"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    synths = [line for line in said.splitlines() if " -c env=" in line]
    assert synths
    assert all(re.search(r"-c commit=\S", line) for line in synths), said


def test_the_command_prints_it() -> None:
    words = [sys.executable, "-m", "infra.deployment.commit"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env={"GITHUB_SHA": "of-the-job"})
    assert done.stdout == "of-the-job\n"


def test_the_function_that_signs_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_VALIDATION", "false")  # the templates are validated elsewhere
    app = App(
        analytics_reporting=False, auto_synth=False, outdir=str(tmp_path), context={**context(), COMMIT: "abc123"}
    )
    build(app, settings_of("dev").model_copy(update={"promotion": Promotion(sign=True)})).synth()
    template = json.loads((tmp_path / "distillery-dev-pipeline.template.json").read_text(encoding="utf-8"))
    functions = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
    said = [one["Environment"]["Variables"].get(Variable.COMMIT) for one in functions if "Environment" in one]
    assert [each for each in said if each] == ["abc123"]
