"""What goes into a function's parcel."""

import shutil
import zipfile
from pathlib import Path

import pytest

from infra.config import load
from infra.parts.build import ROOT
from infra.parts.parcel import pack, parcel
from tests.unit.stacks.assembly import DAYS, app_of


@pytest.fixture(scope="session")
def parcels() -> dict[str, set[str]]:
    """Relative file names by stage, as the assembly of dev has them."""
    folder = Path(app_of(load("dev", on=DAYS["dev"])).synth().directory)
    found = {}
    for asset in folder.glob("asset.*.zip"):
        with zipfile.ZipFile(asset) as packed:
            files = set(packed.namelist())
        stages = {name.split("/")[1] for name in files if name.startswith("lambdas/") and name.count("/") > 1}
        if stage := stages - {"shared"}:
            found["+".join(sorted(stage))] = files
    shutil.rmtree(folder)
    return found


def test_every_stage_has_a_parcel_of_its_own(parcels: dict[str, set[str]]) -> None:
    stages = {
        "dataset",
        "distillation",
        "endpoint",
        "evaluation",
        "promotion",
        "serving",
        "emptying",
        "expiry",
        "uploads",
    }
    assert set(parcels) == stages


def test_a_parcel_holds_its_stage_and_shared_and_nothing_else(parcels: dict[str, set[str]]) -> None:
    for stage, files in parcels.items():
        own = {str(path.relative_to(ROOT)) for path in (ROOT / "lambdas" / stage).rglob("*.py")}
        shared = {str(path.relative_to(ROOT)) for path in (ROOT / "lambdas" / "shared").rglob("*.py")}
        assert files - beside(stage) == own | shared | {"lambdas/__init__.py"}, stage


def beside(stage: str) -> set[str]:
    """The client, which is the same code inside the invoke function: all of it, and nothing else of its package."""
    if stage != "serving":
        return set()
    client = {str(path.relative_to(ROOT)) for path in (ROOT / "distillery" / "client").rglob("*.py")}
    return client | {"distillery/__init__.py"}


def test_the_invoke_function_holds_the_client(parcels: dict[str, set[str]]) -> None:
    assert parcels["serving"] >= beside("serving") != set()


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no folder lambdas/nowhere"):
        parcel("nowhere")


def _checkout(root: Path) -> Path:
    for name in ("lambdas/__init__.py", "lambdas/step/handler.py", "lambdas/shared/aws.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("old")
    return root / "lambdas" / "step" / "handler.py"


def test_a_function_can_read_its_parcel_whatever_the_umask_of_the_checkout(tmp_path: Path) -> None:
    _checkout(tmp_path).chmod(0o600)
    with zipfile.ZipFile(pack("step", tmp_path, tmp_path / ".build")) as packed:
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o644}


def test_bytecode_stays_behind_and_an_edit_gives_another_parcel(tmp_path: Path) -> None:
    edited = _checkout(tmp_path)
    (cache := edited.parent / "__pycache__").mkdir()
    before = pack("step", tmp_path, tmp_path / ".build")
    (cache / "handler.cpython-314.pyc").write_text("compiled")
    assert pack("step", tmp_path, tmp_path / ".build") == before
    edited.write_text("new")
    assert pack("step", tmp_path, tmp_path / ".build") != before
