"""The boto3 layer: the locked version, only the services that are called, and reproducible."""

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from distillery.core import aws
from infra import packing


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("build")
    with zipfile.ZipFile(packing.pack_sdk(build)) as packed:
        packed.extractall(build / "unpacked")
    return build / "unpacked"


def test_it_holds_everything_that_boto3_requires() -> None:
    needed, known = ["boto3"], set()
    while needed:
        known.add(name := needed.pop())
        plain = [r for r in distribution(name).requires or [] if "extra ==" not in r]
        needed += [found[0] for r in plain if (found := re.match(r"[\w.-]+", r))]
    assert known == set(packing.SDK_DISTRIBUTIONS)


def test_it_holds_no_service_that_is_not_called(unpacked: Path) -> None:
    for package in ("boto3", "botocore"):
        folders = {path.name for path in (unpacked / "python" / package / "data").iterdir() if path.is_dir()}
        assert folders <= set(packing.SDK_SERVICES)


def test_it_holds_every_service_that_functions_make_a_client_of() -> None:
    """Functions make clients in one module, by `client("…")` or by a session of their own."""
    source = Path(aws.__file__).read_text(encoding="utf-8")
    made = {*re.findall(r'client\("([\w-]+)"', source), *re.findall(r'service: Literal\["([\w-]+)"\]', source)}
    assert {"bedrock", "lambda", "dynamodb"} <= made
    assert made <= set(packing.SDK_SERVICES)


def test_it_holds_no_bytecode_and_nothing_compiled(unpacked: Path) -> None:
    assert not [path for path in unpacked.rglob("*") if path.suffix in (".pyc", ".so")]


def test_the_licence_of_every_distribution_goes_with_it(unpacked: Path) -> None:
    for name in packing.SDK_DISTRIBUTIONS:
        record = f"{name.replace('-', '_')}-{distribution(name).version}.dist-info"
        held = [path.relative_to(unpacked / "python") for path in (unpacked / "python" / record).rglob("*")]
        assert any(packing.is_licence(path) for path in held), name


def test_it_stays_small(unpacked: Path) -> None:
    assert sum(path.stat().st_size for path in unpacked.rglob("*") if path.is_file()) < 8_000_000


@pytest.mark.slow
def test_every_client_of_the_functions_works_from_it_alone(unpacked: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(unpacked / "python")!r})
import boto3
assert boto3.__file__.startswith({str(unpacked)!r}), boto3.__file__
for service in {packing.SDK_SERVICES!r}:
    boto3.client(service, region_name="us-east-1")
print(boto3.__version__)
"""
    done = subprocess.run([sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == distribution("boto3").version


def test_a_second_build_is_the_same_archive_and_leaves_nothing_else(tmp_path: Path) -> None:
    first = packing.pack_sdk(tmp_path)
    assert packing.pack_sdk(tmp_path) == first
    assert list(tmp_path.iterdir()) == [first]


def test_other_bytes_of_the_same_version_are_another_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation from a patched wheel of the same version has such files."""
    (site := tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(packing, "SDK_DISTRIBUTIONS", ("patched",))
    (record := site / "patched-1.dist-info").mkdir()
    (record / "METADATA").write_text("Name: patched\nVersion: 1\n")
    (record / "RECORD").write_text("patched.py,,\npatched-1.dist-info/METADATA,,\n")
    (module := site / "patched.py").write_text("return True ")
    before = packing.pack_sdk(tmp_path / "build")
    module.write_text("return False")
    after = packing.pack_sdk(tmp_path / "build")
    assert after != before
    with zipfile.ZipFile(after) as packed:
        assert packed.read("python/patched.py") == b"return False"
