"""Workers of the same code share its unpacked files and bytecode."""

import io
import os
import tempfile
import zipfile
from pathlib import Path

import pytest

from local.emulator.hooks.unpacked import PLACE, Archive, as_links, discard_unused, link_archive
from tests.unit.local.emulator.harness import EmulatorHarness

WHERE = "import os, more\ndef handler(event, context): return [os.path.realpath(more.__file__), more.TEXT]"


def packed(**texts: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"python/{name}.py", text)
    return body.getvalue()


def module_output(harness: EmulatorHarness, layer: bytes) -> list[str]:
    """What a new function with the layer tells of its module `more`: where it lies, and its TEXT."""
    made = harness.client("lambda").publish_layer_version(LayerName="more", Content={"ZipFile": layer})
    answer: list[str] = harness.invoke(harness.function(WHERE, Layers=[made["LayerVersionArn"]]))
    return answer


def test_the_same_layer_lies_in_one_place_and_is_compiled_there(harness: EmulatorHarness) -> None:
    layer = packed(more="TEXT = 'one'")
    (place, text), again = module_output(harness, layer), module_output(harness, layer)
    assert [place, text] == again
    assert text == "one"
    assert list(Path(place).parent.glob("__pycache__/more.*.pyc"))


def test_another_content_lies_elsewhere(harness: EmulatorHarness) -> None:
    (place, _), (other, text) = (module_output(harness, packed(more=f"TEXT = '{word}'")) for word in ("two", "six"))
    assert place != other
    assert text == "six"


def test_a_link_in_an_archive_is_a_link(harness: EmulatorHarness, tmp_path: Path) -> None:
    (tmp_path / "more.py").write_text("TEXT = 'linked'")
    assert module_output(harness, link_archive(("python", tmp_path))) == [str(tmp_path.resolve() / "more.py"), "linked"]


def test_nothing_is_written_through_a_link(harness: EmulatorHarness, tmp_path: Path) -> None:
    body = io.BytesIO(link_archive(("python", tmp_path)))
    with zipfile.ZipFile(body, "a") as archive:
        archive.writestr("python/more.py", "TEXT = 'outside'")
    module_output(harness, body.getvalue())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/outside"])
def test_no_link_is_made_outside_of_the_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "code.zip").write_bytes(link_archive((name, tmp_path)))
    (tmp_path / "code").mkdir()
    with Archive(tmp_path / "code.zip") as archive, pytest.raises(zipfile.BadZipFile, match="outside of it"):
        archive.extractall(tmp_path / "code")
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []


def test_a_worker_gets_a_layer_as_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    links = as_links(packed(more="TEXT = 'one'"))
    with Archive(io.BytesIO(links)) as archive:
        (target,) = (Path(archive.read(name).decode()) for name in archive.namelist())
    assert (target / "more.py").read_text() == "TEXT = 'one'"
    assert as_links(links) == links


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/outside"])
def test_a_layer_with_an_entry_outside_of_it_starts_no_function(harness: EmulatorHarness, name: str) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, "")
        archive.writestr("python/more.py", "TEXT = 'inside'")
    assert "Failed to resolve layer" in str(module_output(harness, body.getvalue()))


def test_a_link_deep_in_an_archive_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "code.zip").write_bytes(link_archive(("a/b/link", tmp_path / "there")))
    (tmp_path / "code").mkdir()
    with Archive(tmp_path / "code.zip") as archive:
        archive.extractall(tmp_path / "code")
    assert (tmp_path / "code" / "a" / "b" / "link").readlink() == tmp_path / "there"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_accounts_share_a_place_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path / "shared"))
    found = set()
    for account in ("one", "two"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / account))
        code = _made(tmp_path / account / "code")
        (tmp_path / "code.zip").write_bytes(packed(more="TEXT = 'one'"))
        with Archive(tmp_path / "code.zip") as archive:
            archive.extractall(code)
        found.add((code / "python" / "more.py").resolve())
    (shared,) = found
    assert shared.is_relative_to((tmp_path / "shared").resolve())


def test_what_was_not_used_for_a_week_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path / "shared"))
    for name in ("old", "used"):
        (tmp_path / f"{name}.zip").write_bytes(packed(more=f"TEXT = '{name}'"))
        with Archive(tmp_path / f"{name}.zip") as archive:
            archive.extractall(_made(tmp_path / name))
    kept = {name: (tmp_path / name / "python").resolve().parent for name in ("old", "used")}
    for folder in kept.values():
        os.utime(folder, (0, 0))
    with Archive(tmp_path / "used.zip") as archive:  # another account uses it
        archive.extractall(_made(tmp_path / "again"))
    discard_unused(tmp_path / "shared", now=kept["used"].stat().st_mtime + 60)
    assert {name: folder.exists() for name, folder in kept.items()} == {"old": False, "used": True}
