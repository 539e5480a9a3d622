"""docs/architecture.md lists the files to open to follow four operations. A trace of each checks the lists."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SHARED = "shared"
WALKS = {"upload": 15, "route": 9, "simulator": 10, "converse": 10}
"""The operations, and the maximum number of files for each."""
SIMULATED = ("simulator", "converse")
SOURCE = "packages/bedrock-simulator/src"
FOLDERS = (".", SOURCE, "packages/bedrock-simulator/tests")


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


@functools.cache
def called(name: str) -> list[str]:
    """The modules of ours that an operation calls."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)}
    python = ROOT / ".venv-local" / "bin" / "python" if name in SIMULATED else sys.executable
    command = [python, "-m", "tests.unit.docs.traces", name]
    traced = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return [str(file) for file in json.loads(traced.stdout.splitlines()[-1])]


def groups() -> dict[str, list[str]]:
    """The shared modules by the names of their groups."""
    parts = re.split(r"^\*\*([\w ]+)\.\*\*", block(SHARED), flags=re.MULTILINE)[1:]
    return {
        name.lower(): re.findall(r"^- `([\w./-]+)`", text, re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_calls_no_module_that_its_list_and_the_shared_ones_omit(name: str) -> None:
    modules, files = called(name), listed(name)
    shared = [file for file in modules if file not in files]
    assert [file for file in shared if file not in listed(SHARED)] == []
    assert [file for file in files if file not in modules] == []
    counts = {group: sum(file in shared for file in members) for group, members in groups().items()}
    counted = ", ".join(f"{group} {count}" for group, count in counts.items() if count)
    stated = f"Of the {len(modules)} modules that it calls, open these {len(files)}."
    assert stated + (f" The other {len(shared)} are shared ({counted})." if shared else "") in block(name)


def test_the_totals_are_those_of_the_traces() -> None:
    modules = {file for name in WALKS for file in called(name)}
    files, shared = {file for name in WALKS for file in listed(name)}, listed(SHARED)
    assert sorted(modules) == sorted(files | set(shared)), "a shared module that no operation calls"
    total = f"call {len(modules)} modules: the {len(files)} in the lists above, and these {len(shared)}."
    assert total in PAGE.replace("\n", " ")


def test_no_shared_module_is_in_a_walk() -> None:
    assert [file for file in listed(SHARED) if any(file in listed(name) for name in WALKS)] == []


def test_every_shared_module_is_in_a_group_and_serves_several_operations() -> None:
    """Two functions import it, or a function and the command's check, or two operations of the simulator, or every
    request of the simulator runs it."""
    assert sorted(file for members in groups().values() for file in members) == sorted(listed(SHARED))
    graphs = grimp.build_graph("distillery", "lambdas"), grimp.build_graph("bedrock_simulator")
    for file in listed(SHARED):
        module = file.removeprefix(f"{SOURCE}/").removesuffix(".py").replace("/", ".")
        importers = graphs[file.startswith(SOURCE)].find_downstream_modules(module)
        operations = {
            name
            for name in importers
            if re.fullmatch(
                r"lambdas\.\w+\.(handler|approval|grading)|distillery\.cli\.check|"
                r"bedrock_simulator\.(runtime|control_plane)\.[\w.]+",
                name,
            )
        }
        assert len(operations) >= 2 or all(file in called(name) for name in SIMULATED), file
