"""The local layer of compiled packages has the same versions, built for this machine's interpreter."""

import io
import zipfile
from pathlib import Path

import pytest

from local.account import ROOT
from local.emulator.hooks.layers import WrongWheels, compiled_distributions, with_local_builds
from tests.unit.local.emulator.harness import EmulatorHarness

DEPLOYED = "Wheel-Version: 1.0\nTag: cp314-cp314-manylinux_2_17_aarch64\n"
PURE = "Wheel-Version: 1.0\nTag: py3-none-any\n"
CODE = "import msgspec\ndef handler(event, context): return [msgspec.__version__, msgspec.json.decode(b'[1]')]"


def packed(files: dict[str, str]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return body.getvalue()


def layer(record: str, wheel: str) -> bytes:
    return packed({f"python/{record}.dist-info/WHEEL": wheel, "python/a/_core.so": "for another machine"})


def local_build(folder: Path, record: str) -> None:
    (folder / "local" / "a").mkdir(parents=True)
    (folder / "local" / "a" / "_core.so").write_text(f"{record} for this machine")
    (folder / "local" / f"{record}.dist-info").mkdir()
    (folder / "local" / f"{record}.dist-info" / "WHEEL").write_text(DEPLOYED)


def test_a_layer_without_compiled_packages_stays_as_it_is(tmp_path: Path) -> None:
    for body in (layer("a-1", PURE), packed({"python/a.py": ""})):
        assert with_local_builds(body, tmp_path) == body


def test_a_compiled_layer_becomes_the_local_build_of_the_same_version(tmp_path: Path) -> None:
    local_build(tmp_path / "one", "a-1")
    local_build(tmp_path / "other", "b-1")
    body = with_local_builds(layer("a-1", DEPLOYED), tmp_path)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert (Path(archive.read("python").decode()) / "a" / "_core.so").read_text() == "a-1 for this machine"


def test_another_version_is_refused_rather_than_passed_off_as_the_deployed_one(tmp_path: Path) -> None:
    local_build(tmp_path / "one", "a-2")
    with pytest.raises(WrongWheels, match=r"a-1\.dist-info.*a-2\.dist-info.*make install"):
        with_local_builds(layer("a-1", DEPLOYED), tmp_path)


def deployed_layer() -> bytes:
    """As synth packs what `make install` fetched for the deployed runtime."""
    fetched = ROOT / ".build" / "wheels" / "dataset" / "function"
    files = [path for path in fetched.rglob("*") if path.is_file()]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path in files:
            archive.write(path, Path("python") / path.relative_to(fetched))
    return body.getvalue()


def test_a_function_imports_from_the_deployed_layer_and_one_without_it_does_not(harness: EmulatorHarness) -> None:
    body = deployed_layer()
    (record,) = (found for found in compiled_distributions(body) if found.startswith("msgspec-"))
    made = harness.client("lambda").publish_layer_version(LayerName="wheels", Content={"ZipFile": body})
    answer = harness.invoke(harness.function(CODE, Layers=[made["LayerVersionArn"]]))
    assert answer == [record.removeprefix("msgspec-").removesuffix(".dist-info"), [1]]
    failure = harness.invoke(harness.function(CODE))
    assert failure["errorType"] == "Runtime.ImportModuleError"
