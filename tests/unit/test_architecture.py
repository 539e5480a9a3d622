"""docs/architecture.md lists the files to open to follow three operations. A trace of each checks the lists."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SHARED = "shared"
WALKS = {"upload": 15, "route": 9, "simulator": 10}
"""The operations, and the maximum number of files for each."""
FOLDERS = (".", "packages/bedrock-simulator/src", "packages/bedrock-simulator/tests")


def block(name: str) -> str:
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    return str(text)


def listed(name: str) -> list[str]:
    return re.findall(r"^(?:\d+\.|-) `([\w./-]+)`", block(name), re.MULTILINE)


@pytest.mark.parametrize("name", [*WALKS, SHARED])
def test_every_file_of_a_list_exists_once(name: str) -> None:
    files = listed(name)
    assert len(files) == len(set(files)) > 0
    assert [file for file in files if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_is_no_longer_than_its_bar(name: str) -> None:
    assert len(listed(name)) <= WALKS[name]


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_calls_no_module_that_its_list_and_the_shared_ones_omit(name: str) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    python = ROOT / ".venv-local" / "bin" / "python" if name == "simulator" else sys.executable
    command = [python, "-m", "tests.unit.docs.traces", name]
    traced = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    called, files = json.loads(traced.stdout.splitlines()[-1]), listed(name)
    shared = [file for file in called if file not in files]
    assert [file for file in shared if file not in listed(SHARED)] == []
    assert [file for file in files if file not in called] == []
    told = f"Of the {len(called)} modules that it calls, open these {len(files)}."
    assert told + (f" The other {len(shared)} are shared." if shared else "") in block(name)


def test_no_shared_module_is_in_a_walk() -> None:
    assert [file for file in listed(SHARED) if any(file in listed(name) for name in WALKS)] == []
