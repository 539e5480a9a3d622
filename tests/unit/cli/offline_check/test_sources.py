"""The files that an argument of `distillery check` names."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from distillery.cli.offline_check.sources import Source, sources
from distillery.core import aws
from distillery.core.errors import BadRequest
from distillery.datasets.validation.fast_path import LineLimits
from distillery.datasets.validation.reading import DatasetReader, PromptIndex
from tests.unit.dataset.fakes import FakeS3, file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.jsonl").write_bytes(file(3))
    (tmp_path / "a.jsonl").write_bytes(file(2, first=3))
    (tmp_path / "deep" / "c.jsonl.gz").write_bytes(gzip.compress(file(4, first=5)))
    (tmp_path / "notes.txt").write_text("no prompt")
    (tmp_path / "manifest.json").write_text('{"files": ["b.jsonl", "a.jsonl"]}')
    return tmp_path


def read(source: Source) -> tuple[list[str], int]:
    """Returns the names of the files, and the number of their prompts."""
    reader = DatasetReader(LineLimits(), PromptIndex())
    reader.read(source.open(lambda _bytes: None))
    return [Path(uri).name for uri, _ in reader.sources], reader.counts.prompts


def test_a_file_is_itself(folder: Path) -> None:
    (source,) = sources([str(folder / "a.jsonl")])
    assert read(source) == (["a.jsonl"], 2)
    assert source.size == len(file(2, first=3))


def test_a_folder_is_one_data_set_of_all_that_may_hold_prompts(folder: Path) -> None:
    (source,) = sources([str(folder)])
    assert read(source) == (["a.jsonl", "b.jsonl", "c.jsonl.gz"], 9)


def test_linked_folders_are_read_once_and_circles_end(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    other = folder.parent / f"{folder.name}-other"
    other.mkdir()
    (other / "d.jsonl").write_bytes(file(1, first=9))
    (folder / "linked").symlink_to(other)
    (folder / "linked-again").symlink_to(other)
    (source,) = sources([str(folder)])
    assert read(source) == (["a.jsonl", "b.jsonl", "c.jsonl.gz", "d.jsonl"], 10)


def test_a_part_that_cannot_be_listed_is_not_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BadRequest, match=r"deep cannot be read \(Permission denied\)"):
        read(*sources([str(folder)]))


def test_a_manifest_is_one_data_set_in_its_own_order(folder: Path) -> None:
    (source,) = sources([str(folder / "manifest.json")])
    assert read(source) == (["b.jsonl", "a.jsonl"], 5)


def test_a_pattern_that_the_shell_left_alone_is_each_file_on_its_own(folder: Path) -> None:
    assert [read(source) for source in sources([str(folder / "*.jsonl")])] == [(["a.jsonl"], 2), (["b.jsonl"], 3)]


def test_several_arguments_are_one_data_set_on_request(folder: Path) -> None:
    (source,) = sources([str(folder / "b.jsonl"), str(folder / "deep")], together=True)
    assert read(source) == (["b.jsonl", "c.jsonl.gz"], 7)
    assert source.size == sum((folder / name).stat().st_size for name in ("b.jsonl", "deep/c.jsonl.gz"))


def test_it_tells_how_much_was_read(folder: Path) -> None:
    (source,) = sources([str(folder)])
    told: list[int] = []
    reader = DatasetReader(LineLimits(), PromptIndex())
    reader.read(source.open(told.append))
    assert sum(told) == source.size


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.jsonl", "there is no file"),
        ("*.nothing", "there is no file"),
        ("notes.txt", "ends in none of .jsonl"),
        ("empty", "contains no file that ends in .jsonl"),
        ("broken/manifest.json", "must be"),
        ("lacking/manifest.json", "there is no file"),
        ("dangling", "other.jsonl is a link to a file that does not exist"),
        ("dangling-folder", "more is a link to a file that does not exist"),
        ("pipe", "a.jsonl is neither a file nor a folder"),
    ],
)
def test_what_is_not_there_or_holds_no_prompts_is_refused(folder: Path, name: str, reason: str) -> None:
    for made, text in (("broken", "[]"), ("lacking", '{"files": ["gone.jsonl"]}')):
        (folder / made).mkdir()
        (folder / made / "manifest.json").write_text(text)
    for made in ("empty", "dangling", "dangling-folder", "pipe"):
        (folder / made).mkdir()
    for link in ("dangling/other.jsonl", "dangling-folder/more"):
        (folder / link).with_name("good.jsonl").write_bytes(file(2))
        (folder / link).symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe" / "a.jsonl")
    with pytest.raises(BadRequest, match=reason):
        read(*sources([str(folder / name)]))


def test_what_lies_in_s3_is_read_there(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = FakeS3({"prompts/uploads/a.jsonl": [file(2)], "prompts/uploads/b.jsonl": [file(3, first=2)]})
    monkeypatch.setattr(aws, "client", lambda _service: s3)
    one, all_of_it = sources(["s3://prompts/uploads/a.jsonl", "s3://prompts/uploads/"])
    assert read(one) == (["a.jsonl"], 2)
    assert read(all_of_it) == (["a.jsonl", "b.jsonl"], 5)
    with pytest.raises(BadRequest, match="NoSuchKey"):
        read(*sources(["s3://prompts/uploads/gone.jsonl"]))
