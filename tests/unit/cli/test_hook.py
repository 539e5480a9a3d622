"""The pre-commit hook of this repository runs with only the packages that pre-commit installs for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hook.installed import BESIDE, HOOK, PYPROJECT, ROOT
from tests.unit.dataset.fakes import file, line
from tests.wheels import built, install


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, its requirements and the hook's dependencies, like `pip install . <additional>`."""
    wheel = built(ROOT, tmp_path_factory.mktemp("built"))
    return install(wheel, tmp_path_factory.mktemp("installed"), beside=BESIDE)


def _run(installed: Path, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Runs Python without this environment's own packages (-S)."""
    program, *words = HOOK["entry"].split()
    (told,) = installed.glob("distillery_bedrock-*.dist-info/entry_points.txt")
    assert f"{program} = distillery.cli:main" in told.read_text(encoding="utf-8")
    command = [sys.executable, "-S", "-P", "-m", "distillery", *words, *map(str, files)]
    environment = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_good_prompts_pass(installed: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.jsonl"
    good.write_bytes(file(150))
    done = _run(installed, good)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_bad_prompts_fail_with_what_is_wrong(installed: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(file(150) + line("x", id=1))
    done = _run(installed, bad)
    assert (done.returncode, done.stderr) == (1, "")
    assert "unknown-field" in done.stdout


def test_what_the_hook_names_is_of_the_extra_with_the_same_bounds() -> None:
    assert set(BESIDE) <= set(PYPROJECT["project"]["optional-dependencies"]["cli"])
