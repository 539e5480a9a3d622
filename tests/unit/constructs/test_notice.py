"""NOTICE names everything that is deployed besides our own code."""

import re
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

import pytest

from infra.packing import BUILD, ROOT, WHEELS, Packages, pack_sdk, pack_wheels

NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
NAMED = re.findall(r"^  ([\w.-]+) {2,}\S", NOTICE, re.MULTILINE)


PACKS: Mapping[str, Callable[[Path], Path]] = {
    "boto3": pack_sdk,
    **{each: partial(pack_wheels, fetched=WHEELS / each / "function") for each in Packages},
}


@pytest.fixture(scope="module", params=PACKS)
def packed(request: pytest.FixtureRequest) -> zipfile.ZipFile:
    return zipfile.ZipFile(PACKS[request.param](BUILD))


def _distributions(packed: zipfile.ZipFile) -> dict[str, str]:
    """Returns the versions in a layer by name."""
    told = (packed.read(name).decode() for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
    return {_header(text, "Name"): _header(text, "Version") for text in told}


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}: (.+)$", text, re.MULTILINE)
    assert found, name
    return found[1]


def test_every_distribution_in_a_layer_is_named_once(packed: zipfile.ZipFile) -> None:
    held = _distributions(packed)
    assert held
    assert [name for name in held if NAMED.count(name) != 1] == []


def test_nothing_is_named_that_no_layer_holds() -> None:
    held = {name for pack in PACKS.values() for name in _distributions(zipfile.ZipFile(pack(BUILD)))}
    assert set(NAMED) <= held


def test_every_library_that_a_wheel_brings_is_named(packed: zipfile.ZipFile) -> None:
    """auditwheel puts them at <distribution>.libs/<library>-<hash>.so."""
    brought = [PurePosixPath(name).name for name in packed.namelist() if ".libs/" in name]
    assert [name for name in brought if name.split("-")[0] not in NOTICE] == []


@pytest.mark.parametrize(
    ("packages", "name", "licence"),
    [(Packages.DATASET, "python-stdnum", "LGPL-2.1-or-later"), (Packages.REPORTING, "pygal", "LGPL-3.0-or-later")],
)
def test_who_has_a_layer_is_told_where_the_source_of_what_is_under_the_lgpl_is(
    packages: Packages, name: str, licence: str
) -> None:
    lock = (ROOT / "requirements" / f"{packages}.txt").read_text(encoding="utf-8")
    (version,) = re.findall(rf"^{name}==([\w.]+)", lock, re.MULTILINE)
    assert f"https://pypi.org/project/{name}/{version}/#files" in NOTICE
    assert re.search(rf"^  {name} +{re.escape(licence)}$", NOTICE, re.MULTILINE)
