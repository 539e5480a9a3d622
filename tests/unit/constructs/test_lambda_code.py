"""The content of a function's archive."""

import ast
import functools
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from distillery.core import catalog
from distillery.settings import load
from infra.constructs.lambda_code import stage_code
from infra.packing import LIBRARY_PARTS, ROOT, pack_stage
from tests.assemblies import assembly_of
from tests.unit.stacks.assembly import DAYS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def archives() -> dict[str, set[str]]:
    """Relative file names by stage, from the assembly of dev."""
    folder = assembly_of(load("dev", on=DAYS["dev"])).folder
    found = {}
    for asset in folder.glob("asset.*.zip"):
        with zipfile.ZipFile(asset) as packed:
            files = set(packed.namelist())
        stages = {name.split("/")[1] for name in files if name.startswith("lambdas/") and name.count("/") > 1}
        if stages:
            found["+".join(sorted(stages))] = files
    return found


def test_every_stage_has_a_archive_of_its_own(archives: dict[str, set[str]]) -> None:
    stages = {
        "dataset",
        "distillation",
        "drift",
        "endpoint",
        "evaluation",
        "operations",
        "promotion",
        "serving",
        "bucket_cleanup",
        "expiry",
        "model_dates",
        "teardown",
        "uploads",
    }
    assert set(archives) == stages


@functools.cache
def modules(*folders: str) -> frozenset[str]:
    return frozenset(str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def data_files(*folders: str) -> set[str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if path.suffix not in (".py", ".pyc")}


def test_an_archive_holds_its_stage_and_its_parts_of_the_library_and_nothing_else(
    archives: dict[str, set[str]],
) -> None:
    for stage, files in archives.items():
        folders = (f"lambdas/{stage}", *(f"distillery/{part}" for part in LIBRARY_PARTS[stage]))
        held = modules(*folders) | data_files(*folders)
        assert files == held | {"lambdas/__init__.py", "distillery/__init__.py"}, stage


@pytest.mark.parametrize("stage", LIBRARY_PARTS)
def test_the_data_files_of_an_archive_can_be_read_from_it(stage: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_stage(stage, ROOT, tmp_path / "build")) as packed:
        packed.extractall(tmp_path / "archive")
    code = "from distillery.core import catalog; print(catalog.__file__, len(catalog.models()), len(catalog.pairs()))"
    command = [sys.executable, "-S", "-c", code]
    told = subprocess.run(command, cwd=tmp_path / "archive", env={}, capture_output=True, text=True, check=True)
    file, *counts = told.stdout.split()
    assert Path(file).is_relative_to((tmp_path / "archive").resolve())
    assert counts == [str(len(catalog.models())), str(len(catalog.pairs()))]


@functools.cache
def imported(file: str) -> frozenset[str]:
    """Returns the library parts that a module imports, at its top or within a function."""
    nodes = list(ast.walk(ast.parse((ROOT / file).read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parts = {name.split(".")[1] for name in names if name.startswith("distillery.")}
    return frozenset(part for part in parts if (ROOT / "distillery" / part).is_dir())


@pytest.mark.parametrize("stage", LIBRARY_PARTS)
def test_the_parts_of_an_archive_are_those_that_its_modules_import(stage: str) -> None:
    needed: set[str] = set()
    found = {part for file in modules(f"lambdas/{stage}") for part in imported(file)}
    while found - needed:
        needed |= found
        found = {part for file in modules(*(f"distillery/{part}" for part in needed)) for part in imported(file)}
    assert needed == set(LIBRARY_PARTS[stage])


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no folder lambdas/nowhere"):
        stage_code("nowhere")


def _checkout(root: Path) -> Path:
    packages = ("lambdas/__init__.py", "distillery/__init__.py")
    for name in (*packages, "lambdas/bucket_cleanup/handler.py", "distillery/core/aws.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("old")
    return root / "lambdas" / "bucket_cleanup" / "handler.py"


def test_a_function_can_read_its_archive_whatever_the_umask_of_the_checkout(tmp_path: Path) -> None:
    _checkout(tmp_path).chmod(0o600)
    with zipfile.ZipFile(pack_stage("bucket_cleanup", tmp_path, tmp_path / ".build")) as packed:
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o644}


def test_bytecode_stays_behind_and_an_edit_gives_another_archive(tmp_path: Path) -> None:
    edited = _checkout(tmp_path)
    (cache := edited.parent / "__pycache__").mkdir()
    before = pack_stage("bucket_cleanup", tmp_path, tmp_path / ".build")
    (cache / "handler.cpython-314.pyc").write_text("compiled")
    assert pack_stage("bucket_cleanup", tmp_path, tmp_path / ".build") == before
    edited.write_text("new")
    assert pack_stage("bucket_cleanup", tmp_path, tmp_path / ".build") != before
