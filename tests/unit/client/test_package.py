"""The package that an application installs: the client, typed, on boto3 alone."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import distillery
from distillery import WHEEL, WHEEL_SOURCE
from tests.wheels import built, metadata

ROOT = Path(__file__).parents[3]
BLOCKED = """
import sys

class Blocked:
    NOT_THERE = {"lambdas", "infra", "stacks", "local", "aws_cdk", "typer", "rich", "msgspec", "numpy", "pydantic"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.NOT_THERE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BLOCKED + code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_client_needs_boto3_alone() -> None:
    done = python("""
sys.meta_path.insert(0, Blocked())
import distillery.client as client
for name in client.__all__:
    getattr(client, name)
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_without_its_extra_says_so_in_one_sentence() -> None:
    done = python("""
sys.modules["typer"] = None
from distillery.cli import main
main()
""")
    said = f"distillery: the command needs the extra cli: pip install '{WHEEL}[cli]'; {WHEEL_SOURCE}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built(ROOT, tmp_path_factory.mktemp("wheel")))


def test_boto3_is_the_only_thing_that_an_installation_brings(wheel: zipfile.ZipFile) -> None:
    told = metadata(wheel)
    needed = told.get_all("Requires-Dist", [])
    assert [one for one in needed if "extra ==" not in one] == ["boto3>=1.44.5"]
    assert told.get_all("Provides-Extra") == ["chart", "cli"]
    extra = {one.partition(">")[0] for one in needed if "extra == 'cli'" in one}
    assert extra >= {"typer", "rich", "msgspec"}


def test_the_data_files_of_the_library_are_in_it(wheel: zipfile.ZipFile) -> None:
    data = {str(path.relative_to(ROOT)) for path in (ROOT / "distillery").rglob("*.toml")}
    assert "distillery/core/catalog/pairs.toml" in data
    assert data <= set(wheel.namelist())


def test_the_version_is_declared_in_one_place(wheel: zipfile.ZipFile) -> None:
    told = [metadata(wheel)["Version"]]
    for file in ("package.json", "package-lock.json"):  # without one, npm writes no bill of materials
        told += re.findall(r'^ +"name": "distillery",\n +"version": "(.+?)"', _text(file), re.MULTILINE)
    told.append(re.findall(r"^## \[(.+?)\]", _text("CHANGELOG.md"), re.MULTILINE)[0])
    assert told == [distillery.__version__] * 5


def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def test_it_runs_on_every_python_and_system_that_the_gate_runs_on(wheel: zipfile.ZipFile) -> None:
    told = metadata(wheel)
    classified = set(told.get_all("Classifier", []))
    assert told["Requires-Python"] == ">=3.11"
    assert classified >= {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)}
    assert not [one for one in classified if one.startswith("License ::")], "the licence must be an SPDX expression"


def test_its_types_go_along(wheel: zipfile.ZipFile) -> None:
    assert "distillery/py.typed" in wheel.namelist()
    client = {str(path.relative_to(ROOT)) for path in (ROOT / "distillery" / "client").rglob("*.py")}
    assert client <= set(wheel.namelist())
