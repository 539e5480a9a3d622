"""A recipe that synth refuses: its files are not checked as if it could run, and nothing ends in a traceback."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[4]
PROMPTS = ROOT / "examples" / "support" / "prompts.jsonl"


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of settings files of its own."""
    monkeypatch.setenv("DISTILLERY_ENVIRONMENTS", str(tmp_path))
    return tmp_path


def write(folder: Path, pattern: str, by: str) -> None:
    text = (ROOT / "environments" / "dev.toml").read_text(encoding="utf-8")
    changed, count = re.subn(pattern, lambda _: by, text, count=1, flags=re.MULTILINE)
    assert count == 1
    (folder / "dev.toml").write_text(changed, encoding="utf-8")


GRADER = r'^grader = "label"'
REFUSED = {
    "judge without a model": (GRADER, 'graders = [{kind = "judge"}]', "graders[0]"),
    "judge that is no model": (GRADER, 'graders = [{kind = "judge", model = "nope"}]', "graders[0].model"),
    "pattern without one": (GRADER, 'graders = [{kind = "pattern"}]', "graders[0]"),
    "pattern that is none": (GRADER, 'graders = [{kind = "pattern", pattern = "("}]', "graders[0]"),
    "unknown option": (GRADER, 'graders = [{kind = "label", nope = 1}]', "graders[0]"),
    "weight of nothing": (GRADER, 'graders = [{kind = "label", weight = 0}]', "graders"),
    "function without an address": (GRADER, 'graders = [{kind = "function"}]', "graders[0]"),
    "unknown teacher": (r'^teacher = "[^"]*"', 'teacher = "nope"', "teacher"),
    "unknown student": (r'^student = "[^"]*"', 'student = "nope"', "student"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_synth_refuses_is_no_fault_of_the_file(command: Command, environments: Path, name: str) -> None:
    pattern, by, where = REFUSED[name]
    write(environments, pattern, by)
    said = command("check", str(PROMPTS), "--recipe", "support")
    assert (said.code, said.out) == (2, "")
    assert "environment 'dev' cannot be deployed with its settings" in said.err
    assert f"recipes.support.{where}" in said.err
    for part in ("Allowed:", "Fix:"):
        assert part in said.err


def test_findings_on_other_parts_of_the_file_refuse_no_recipe(command: Command, environments: Path) -> None:
    write(environments, r"^log_retention_days = 14", "log_retention_days = 15")
    assert command("check", str(PROMPTS), "--recipe", "support").code == 0
