"""The simulator as users get it: its wheel in an empty environment, its command, its fixture, and no mention of
Distillery.
"""

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.account import ROOT
from tests.wheels import built, metadata

pytestmark = pytest.mark.slow
PACKAGE = ROOT / "packages" / "bedrock-simulator"
UV = ROOT / ".venv-uv" / "bin" / "uv"


def examples() -> list[str]:
    """Returns the Python examples of its README: a first call, and tests with the fixture."""
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def locked() -> str:
    """Returns the locked versions, so that nothing else is downloaded."""
    dev, local = (
        re.findall(r"^([\w.-]+)(==.*?) \\$", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("dev.txt", "local.txt")
    )
    known = {name for name, _ in dev}
    return "".join(f"{name}{rest}\n" for name, rest in [*dev, *(one for one in local if one[0] not in known)])


def clean(environment: Path) -> dict[str, str]:
    """Returns an environment with nothing but this virtual environment."""
    return {"PATH": os.pathsep.join([str(environment / "bin"), "/usr/bin", "/bin"]), "HOME": str(environment)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(PACKAGE, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A virtual environment with the wheel, its dependencies, and what a test of a boto3 program needs."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "locked.txt").write_text(locked())
    subprocess.run([str(UV), "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True)
    install = [str(UV), "pip", "install", "--quiet", "--python", str(folder / "venv"), "-c", str(folder / "locked.txt")]
    install += [str(wheel), "boto3", "pytest"]
    # `make install` downloads everything; the index is used only if that was forgotten.
    if subprocess.run([*install, "--offline"], capture_output=True, check=False).returncode:
        subprocess.run(install, check=True)
    return folder / "venv"


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names, told = set(archive.namelist()), metadata(archive)
    source = {str(path.relative_to(PACKAGE / "src")) for path in (PACKAGE / "src").rglob("*") if path.is_file()}
    expected = {name for name in source if not name.endswith(".pyc")}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {"bedrock_simulator/py.typed", "bedrock_simulator/models/rules.toml"} <= expected
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert (told["Name"], told["License-Expression"]) == ("bedrock-simulator", "Apache-2.0")
    needed = {re.split(r"[<>=]", one)[0] for one in told.get_all("Requires-Dist", [])}
    assert needed == {"botocore", "hypercorn", "msgspec", "scikit-learn", "urllib3"}


def test_nothing_in_it_speaks_of_this_project() -> None:
    written = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(written) > 100
    assert [path for path in written if "distillery" in path.read_text(encoding="utf-8").lower()] == []


def test_its_command_starts_it_in_an_empty_environment_and_the_first_example_answers(environment: Path) -> None:
    command = [str(environment / "bin" / "bedrock-simulator"), "--port", "0"]
    with subprocess.Popen(
        command, cwd=environment, env=clean(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            assert greeting.startswith("export AWS_ENDPOINT_URL_BEDROCK=http://127.0.0.1:"), process.communicate()
            done = subprocess.run(
                ["/bin/sh", "-c", f'{greeting.strip()}; exec "$0" -c "$1"', "python", examples()[0]],
                env=clean(environment),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert done.returncode == 0, done.stderr
    assert "topic.delivery" in done.stdout


def test_its_fixture_is_there_without_a_word_and_runs_the_examples(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(examples()[1])
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-m", "pytest", "-q", f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path,
        env=clean(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
