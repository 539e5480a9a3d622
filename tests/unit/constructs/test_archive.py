"""An archive is named after its content: no edit hides behind an equal size or time."""

import os
import zipfile
from pathlib import Path

import pytest

from infra.packing import archive, is_licence, pack_wheels


def _tampered(file: Path, text: bytes) -> None:
    """Writes other bytes with the same size, time and inode."""
    before = file.stat()
    with file.open("r+b") as opened:
        opened.write(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (before.st_size, before.st_mtime_ns, before.st_ino) == (
        file.stat().st_size,
        file.stat().st_mtime_ns,
        file.stat().st_ino,
    )


def test_other_bytes_of_the_same_size_and_time_are_another_archive(tmp_path: Path) -> None:
    (fetched := tmp_path / "function" / "package").mkdir(parents=True)
    (module := fetched / "module.py").write_bytes(b"return True ")
    before = pack_wheels(tmp_path, fetched.parent)
    _tampered(module, b"return False")
    after = pack_wheels(tmp_path, fetched.parent)
    assert after != before
    with zipfile.ZipFile(after) as packed:
        assert packed.read("python/package/module.py") == b"return False"


def test_the_same_bytes_under_another_name_are_another_archive(tmp_path: Path) -> None:
    (file := tmp_path / "file").write_text("text")
    assert archive(tmp_path, "x", {"a": str(file)}) != archive(tmp_path, "x", {"b": str(file)})


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640, 0o666, 0o755])
def test_every_file_is_for_all_to_read_and_for_its_owner_to_write(tmp_path: Path, mode: int) -> None:
    (file := tmp_path / "file").write_text("text")
    file.chmod(mode)
    packed = archive(tmp_path, "x", {"a": str(file)})
    with zipfile.ZipFile(packed) as opened:
        assert [entry.external_attr >> 16 for entry in opened.infolist()] == [0o644]
    assert packed.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("a-1.dist-info/licenses/COPYING", True),
        ("a-1.dist-info/licenses/a/fft/LICENSE.md", True),
        ("a-1.dist-info/LICENSE.txt", True),
        ("a-1.dist-info/NOTICE", True),
        ("a-1.dist-info/RECORD", False),
        ("a/LICENSE.py", False),
    ],
)
def test_a_licence_is_what_a_record_calls_one(file: str, told: bool) -> None:
    assert is_licence(Path(file)) is told
