"""NOTICE names everything that is deployed besides our own code."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from infra.constructs.lambda_code import BUILD, ROOT
from infra.constructs.layers import pack_sdk, pack_wheels

NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
NAMED = re.findall(r"^  ([\w.-]+) {2,}\S", NOTICE, re.MULTILINE)


@pytest.fixture(scope="module", params=[pack_sdk, pack_wheels], ids=["boto3", "wheels"])
def packed(request: pytest.FixtureRequest) -> zipfile.ZipFile:
    pack: Callable[[Path], Path] = request.param
    return zipfile.ZipFile(pack(BUILD))


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
    held = {name for pack in (pack_sdk, pack_wheels) for name in _distributions(zipfile.ZipFile(pack(BUILD)))}
    assert set(NAMED) <= held


def test_every_library_that_a_wheel_brings_is_named(packed: zipfile.ZipFile) -> None:
    """auditwheel puts them at <distribution>.libs/<library>-<hash>.so."""
    brought = [PurePosixPath(name).name for name in packed.namelist() if ".libs/" in name]
    assert [name for name in brought if name.split("-")[0] not in NOTICE] == []


def test_who_has_the_layer_is_told_where_the_source_of_what_is_under_the_lgpl_is() -> None:
    lock = (ROOT / "requirements" / "layer.txt").read_text(encoding="utf-8")
    (version,) = re.findall(r"^python-stdnum==([\w.]+)", lock, re.MULTILINE)
    assert f"https://pypi.org/project/python-stdnum/{version}/#files" in NOTICE
    assert re.search(r"^  python-stdnum +LGPL-2\.1-or-later$", NOTICE, re.MULTILINE)
