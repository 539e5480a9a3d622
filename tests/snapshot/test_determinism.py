"""One commit gives the same templates and assets, whatever the folder, the date and the files' timestamps."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assemblies import FETCHED, ROOT, SOURCES


def _checkout(folder: Path) -> Path:
    """Copies the sources, and links what was fetched: 130 MB, which synth only reads."""
    folder.mkdir(parents=True)
    for name in FETCHED:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).symlink_to(ROOT / name)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def _lived_in(checkout: Path) -> Path:
    """Changes timestamps and modes, and adds bytecode and files that belong to no asset."""
    for name in FETCHED:
        (checkout / name).unlink()
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in [each for each in checkout.rglob("*") if each.is_file()]:
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(0o600)
    cache = checkout / "distillery" / "core" / "__pycache__"
    cache.mkdir()
    (cache / "clock.cpython-311.pyc").write_bytes(b"of another Python")
    (checkout / "notes.txt").write_text("mine")
    return checkout


def _synth(checkout: Path, day: str) -> "subprocess.Popen[str]":
    context = json.loads((checkout / "cdk.json").read_text())["context"] | {"env": "dev", "date": day}
    environment = os.environ | {
        "CDK_OUTDIR": str(checkout / "out"),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CDK_VALIDATION": "false",  # it takes half of a synth, and changes neither a template nor an asset
    }
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=checkout,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Synthesizes dev at the same time in two folders, with dates in two years."""
    folder = tmp_path_factory.mktemp("determinism")
    fresh, lived_in = _checkout(folder / "a"), _lived_in(_checkout(folder / "a longer" / "path"))
    synths = [_synth(fresh, "2026-11-23"), _synth(lived_in, "2027-01-15")]
    for synth in synths:
        _, said = synth.communicate(timeout=300)
        assert synth.returncode == 0, said
    yield fresh / "out", lived_in / "out"
    shutil.rmtree(folder)


def _held(assembly: Path, pattern: str) -> dict[str, object]:
    return {file.name: json.loads(file.read_text()) for file in sorted(assembly.glob(pattern))}


@pytest.mark.parametrize("pattern", ["*.template.json", "*.assets.json"])
def test_two_folders_and_two_days_give_the_same(assemblies: tuple[Path, Path], pattern: str) -> None:
    one, other = (_held(assembly, pattern) for assembly in assemblies)
    assert len(one) == 7
    assert one == other


def test_the_parcels_hold_the_same_files(assemblies: tuple[Path, Path]) -> None:
    one, other = (_files(assembly) for assembly in assemblies)
    assert len(one) > 100
    assert one == other
    assert not [name for name in one if "__pycache__" in name or name.endswith(".pyc")]


def _files(assembly: Path) -> set[str]:
    found = set()
    for asset in assembly.glob("asset.*.zip"):
        with zipfile.ZipFile(asset) as packed:
            found |= {f"{asset.name}/{name}" for name in packed.namelist()}
    return found


def test_an_edit_of_one_stage_changes_the_parcel_of_that_stage_alone(
    assemblies: tuple[Path, Path], tmp_path: Path
) -> None:
    edited = _checkout(tmp_path / "edited")
    with (edited / "lambdas" / "serving" / "serve.py").open("a") as file:
        file.write("# edited\n")
    synth = _synth(edited, "2026-11-23")
    _, said = synth.communicate(timeout=300)
    assert synth.returncode == 0, said
    one, other = (_held(assembly, "*.template.json") for assembly in (assemblies[0], edited / "out"))
    assert [name for name in one if one[name] != other[name]] == ["distillery-dev-serving.template.json"]
