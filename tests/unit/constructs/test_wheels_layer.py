"""The layer of compiled packages: the locked versions for the deployed runtime, and the same for local functions."""

import re
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.constructs import layers
from infra.constructs.lambda_code import ROOT

pytestmark = pytest.mark.slow
LOCK = (ROOT / "requirements" / "layer.txt").read_text(encoding="utf-8")
LOCKED = re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.MULTILINE)


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with zipfile.ZipFile(layers.pack_wheels(tmp_path_factory.mktemp("build"))) as packed:
        packed.extractall(into := tmp_path_factory.mktemp("unpacked"))
    return into


def records(folder: Path) -> set[str]:
    return {path.name.removesuffix(".dist-info") for path in folder.glob("*.dist-info")}


def tags(folder: Path) -> list[str]:
    told = [path.read_text() for path in folder.glob("*.dist-info/WHEEL")]
    return [line.removeprefix("Tag: ") for text in told for line in text.splitlines() if line.startswith("Tag: ")]


@pytest.mark.parametrize("which", ["function", "local"])
def test_both_hold_the_versions_of_the_lock_and_nothing_else(which: str) -> None:
    assert LOCKED
    assert records(layers.WHEELS / which) == {f"{name.replace('-', '_')}-{version}" for name, version in LOCKED}


def test_functions_run_the_version_that_tests_run() -> None:
    assert {(name, distribution(name).version) for name, _ in LOCKED} == set(LOCKED)


def test_what_is_deployed_is_built_for_python_3_14_on_arm64(unpacked: Path) -> None:
    found = tags(unpacked / "python")
    assert found
    assert all(re.fullmatch(r"cp314-cp314-manylinux\w*_aarch64|py[23.]+(\.py3)?-none-any", tag) for tag in found)
    compiled = [path.name for path in unpacked.rglob("*.so") if not path.parent.name.endswith(".libs")]
    assert compiled
    assert all(name.endswith(".cpython-314-aarch64-linux-gnu.so") for name in compiled), compiled


def test_it_stays_small_and_holds_no_bytecode_and_no_stubs(unpacked: Path) -> None:
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 70_000_000, (
        "Lambda unpacks at most 250 MB, including the function"
    )
    assert not [path for path in files if path.suffix in (".pyc", ".pyi")]


def test_the_licence_of_every_package_goes_with_it(unpacked: Path) -> None:
    for record in (unpacked / "python").glob("*.dist-info"):
        assert [path for path in (record / "licenses").rglob("*") if path.is_file()], record.name
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in next(
        (unpacked / "python").glob("python_stdnum-*.dist-info/licenses/COPYING")
    ).read_text(encoding="utf-8")


def test_a_second_build_is_the_same_archive_and_leaves_nothing_else(tmp_path: Path) -> None:
    first = layers.pack_wheels(tmp_path)
    assert layers.pack_wheels(tmp_path) == first
    assert list(tmp_path.iterdir()) == [first]
    (elsewhere := tmp_path / "elsewhere").mkdir()
    assert layers.pack_wheels(elsewhere).read_bytes() == first.read_bytes()


def test_a_layer_that_was_never_fetched_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(layers.NotInstalled, match="make install"):
        layers.pack_wheels(tmp_path, tmp_path / "nothing")


def test_the_layer_names_its_runtime_and_architecture() -> None:
    stack = Stack(App(), "Stack")
    layers.wheels_layer(stack, "Wheels")
    runs_on = {"CompatibleRuntimes": ["python3.14"], "CompatibleArchitectures": ["arm64"]}
    Template.from_stack(stack).has_resource_properties("AWS::Lambda::LayerVersion", runs_on)
