"""pre-commit itself installs and runs this repository's hook: `make hook`.

Packages come from PyPI with the lock's hashes, and pre-commit installs these, so nothing unlocked runs.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hook.installed import BUILD, NEEDED, ROOT
from tests.unit.dataset.fakes import file, line
from tests.wheels import closure

BIN = ROOT / ".venv" / "bin"
BUILT_FROM = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "distillery")
"""The sources of the wheel, and the hook's definition."""


def git(folder: Path, *words: str) -> None:
    nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *nobody, *words], cwd=folder, capture_output=True, check=True, env=_environment())


def _environment(**more: str) -> dict[str, str]:
    """Returns the environment without the variables that Git sets for hooks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | more


def committed(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "Try")
    return folder


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a repository that others refer to."""
    folder = tmp_path_factory.mktemp("distillery")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return committed(folder)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the locked wheels that the hook and its build need."""
    folder = tmp_path_factory.mktemp("packages")
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    pins = [(found[1], found[0]) for found in re.finditer(r"^([a-z0-9.-]+)==(?:.*\\\n)+.*\n", lock, re.MULTILINE)]
    names = {re.sub(r"[-_.]+", "-", one.name).lower() for one in closure([*NEEDED, *BUILD])}
    (folder / "lock.txt").write_text("".join(pin for name, pin in pins if name in names), encoding="utf-8")
    command = [str(ROOT / ".venv-uv" / "bin" / "python"), "-m", "pip", "download", "--quiet", "--no-deps"]
    options = ["--only-binary", ":all:", "--require-hashes", "--requirement", "lock.txt"]
    subprocess.run([*command, *options], cwd=folder, check=True)
    return folder


def test_it_passes_good_prompts_and_fails_bad_ones(
    hook: Path, packages: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "good.jsonl").write_bytes(file(150))
    (tmp_path / "bad.jsonl").write_bytes(file(150) + line("x", id=1))
    committed(tmp_path)
    locked = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages), "PIP_NO_COMPILE": "1"}
    environment = _environment(PRE_COMMIT_HOME=str(tmp_path_factory.mktemp("home")), PRE_COMMIT_COLOR="never", **locked)

    def tried(name: str) -> "subprocess.CompletedProcess[str]":
        command = [str(BIN / "pre-commit"), "try-repo", str(hook), "distillery-check", "--verbose", "--files", name]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    good, bad = tried("good.jsonl"), tried("bad.jsonl")
    assert good.returncode == 0, good.stdout + good.stderr
    assert "150 prompts" in good.stdout
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "unknown-field" in bad.stdout


def test_our_own_hooks_run_the_gates_ruff(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (tmp_path / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / ".gitignore").write_text(".venv\n", encoding="utf-8")
    (tmp_path / "good.py").write_text("VALUE = 1\n", encoding="utf-8")
    (tmp_path / "bad.py").write_text("import os\nvalue=1\n", encoding="utf-8")
    committed(tmp_path)

    def run(name: str) -> "subprocess.CompletedProcess[str]":
        command = [str(BIN / "pre-commit"), "run", "--files", name]
        environment = _environment(PRE_COMMIT_HOME=str(tmp_path_factory.mktemp("home")), PRE_COMMIT_COLOR="never")
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert run("good.py").returncode == 0
    bad = run("bad.py")
    assert bad.returncode == 1
    assert "files were modified by this hook" in bad.stdout
    assert "F401" in bad.stdout
