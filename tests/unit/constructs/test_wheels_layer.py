"""The layer of compiled packages: the locked versions for the deployed runtime, and the same for local functions."""

import re
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from packaging.requirements import Requirement

from infra import packing
from infra.constructs.layers import packages_layer
from infra.packing import ROOT, Packages

pytestmark = pytest.mark.slow
MEGABYTES = {Packages.DATASET: 70, Packages.GRADING: 60, Packages.REPORTING: 5, Packages.RECORDS: 20}
"""Unpacked, at most. Lambda unpacks 250 MB at most, the function and boto3's layer included."""


LESSER = [(Packages.DATASET, "python_stdnum"), (Packages.REPORTING, "pygal")]


def locked(packages: Packages) -> set[tuple[str, str]]:
    """Names and versions of the lock that apply to the deployed runtime."""
    lock = (ROOT / "requirements" / f"{packages}.txt").read_text(encoding="utf-8")
    lines = (Requirement(line.removesuffix("\\")) for line in re.findall(r"^[\w.-]+==.*$", lock, re.MULTILINE))
    deployed = {"python_full_version": "3.14.0", "python_version": "3.14"}
    return {
        (each.name, str(each.specifier).removeprefix("=="))
        for each in lines
        if each.marker is None or each.marker.evaluate(deployed)
    }


@pytest.fixture(scope="session", params=Packages)
def packages(request: pytest.FixtureRequest) -> Packages:
    return Packages(request.param)


@pytest.fixture(scope="session")
def fetched(packages: Packages) -> Path:
    return packing.WHEELS / packages / "function"


@pytest.fixture(scope="session")
def archive(fetched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packing.pack_wheels(tmp_path_factory.mktemp("build"), fetched)


@pytest.fixture(scope="session")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(into := tmp_path_factory.mktemp("unpacked"))
    return into


def records(folder: Path) -> set[str]:
    return {path.name.removesuffix(".dist-info") for path in folder.glob("*.dist-info")}


def tags(folder: Path) -> list[str]:
    told = [path.read_text() for path in folder.glob("*.dist-info/WHEEL")]
    return [line.removeprefix("Tag: ") for text in told for line in text.splitlines() if line.startswith("Tag: ")]


def test_both_have_the_versions_of_the_lock_and_nothing_else(packages: Packages, fetched: Path) -> None:
    expected = {f"{name.replace('-', '_')}-{version}" for name, version in locked(packages)}
    assert expected
    assert records(fetched) == expected
    assert records(fetched.parent / "local") >= expected  # an older Python may need more


def test_functions_run_the_version_that_tests_run(packages: Packages) -> None:
    assert {(name, distribution(name).version) for name, _ in locked(packages)} == locked(packages)


def test_what_is_deployed_is_built_for_python_3_14_on_arm64(unpacked: Path) -> None:
    found = tags(unpacked / "python")
    assert found
    assert all(
        re.fullmatch(r"cp3\d+-(cp314|abi3)-manylinux\w*_aarch64|py[23.]+(\.py3)?-none-any", tag) for tag in found
    )
    compiled = [path.name for path in unpacked.rglob("*.so") if not path.parent.name.endswith(".libs")]
    assert compiled
    assert all(name.endswith((".cpython-314-aarch64-linux-gnu.so", ".abi3.so")) for name in compiled), compiled


def test_it_stays_small_and_holds_no_bytecode_and_no_stubs(packages: Packages, unpacked: Path) -> None:
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MEGABYTES[packages] * 1_000_000
    assert not [path for path in files if path.suffix in (".pyc", ".pyi")]


def test_the_licence_of_every_package_goes_with_it(unpacked: Path) -> None:
    for record in (unpacked / "python").glob("*.dist-info"):
        assert [path for path in record.rglob("*") if packing.is_licence(path.relative_to(record.parent))], record.name


@pytest.mark.parametrize(("packages", "package"), LESSER)
def test_a_text_of_the_lgpl_goes_with_what_is_under_it(packages: Packages, package: str) -> None:
    (record,) = (packing.WHEELS / packages / "function").glob(f"{package}-*.dist-info")
    texts = [path for path in record.rglob("*") if path.name.startswith("COPYING") or path.name == "LICENSE"]
    assert any("GNU LESSER GENERAL PUBLIC LICENSE" in path.read_text(encoding="utf-8") for path in texts)


def test_a_second_build_is_the_same_archive_and_leaves_nothing_else(
    archive: Path, fetched: Path, tmp_path: Path
) -> None:
    assert packing.pack_wheels(archive.parent, fetched) == archive
    assert list(archive.parent.iterdir()) == [archive]
    assert packing.pack_wheels(tmp_path, fetched).read_bytes() == archive.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == [archive.name]


def test_a_layer_that_was_never_fetched_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(packing.NotInstalled, match="make install"):
        packing.pack_wheels(tmp_path, tmp_path / "nothing")


def test_the_layer_names_its_runtime_and_architecture(packages: Packages) -> None:
    stack = Stack(App(), "Stack")
    packages_layer(stack, "Wheels", packages)
    runs_on = {"CompatibleRuntimes": ["python3.14"], "CompatibleArchitectures": ["arm64"]}
    Template.from_stack(stack).has_resource_properties("AWS::Lambda::LayerVersion", runs_on)
