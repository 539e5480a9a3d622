"""Paths, addresses and values that a stranger mistypes: the message says what is there, and nothing that is untrue."""

import gzip
import os
import random
import re
from pathlib import Path

import pytest

from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

HERE = {
    "folder": "is a folder",
    "pipe": "is neither a file nor a folder, but a pipe or a device",
    "dangling": "is a link to a file that does not exist",
    "nothing": "there is no file",
}


@pytest.fixture
def paths(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("gone")
    return tmp_path


def flat(text: str) -> str:
    """Returns a text without the frame and the line ends of an error."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


VERBS = [("check",), ("check", "--json"), ("convert", "--from", "openai")]


@pytest.mark.parametrize(
    ("words", "kind"),
    [(words, kind) for words in VERBS for kind in HERE if (words[0], kind) != ("check", "folder")],  # which is checked
)
def test_what_is_there_is_said(command: Command, paths: Path, words: tuple[str, ...], kind: str) -> None:
    said = command(*words, str(paths / kind))
    assert said.code == 2
    assert HERE[kind] in flat(said.err)
    assert ("there is no file" in flat(said.err)) is (kind == "nothing")


EMPTY = {
    "run": ("support", ""),
    "convert": ("--from", "openai", ""),
    "convert --output": ("a.jsonl", "--from", "openai", "--output", ""),
    "convert --output=": ("a.jsonl", "--from", "openai", "--output="),
    "convert --report": ("a.jsonl", "--from", "openai", "--report", ""),
    "forget": ("--file", ""),
    "bench": ("fast", "--prompts", ""),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_path_is_not_the_current_folder(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = command(name.split()[0], *EMPTY[name])
    assert said.code == 2, said
    assert "it is empty; give a value, or leave it out" in flat(said.err)


def test_the_current_folder_is_not_empty(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    said = command("convert", "a.jsonl", "--from", "openai", "--output", ".")
    assert said.code == 2
    assert "it is empty" not in flat(said.err)


@pytest.mark.parametrize("uri", ["s3://", "s3:///", "s3:///key.jsonl", "s3:///folder/"])
def test_an_address_without_a_bucket_is_refused_before_a_call(command: Command, uri: str) -> None:
    said = command("check", uri)
    assert said.code == 2
    assert "it must be s3://bucket/key" in flat(said.err)


@pytest.mark.parametrize("uri", ["s3://", "s3:///", "s3://bucket", "s3://bucket/", "s3:///key"])
def test_an_address_of_no_report_is_refused_before_a_call(account: FakeAccount, command: Command, uri: str) -> None:
    said = command("report", uri)
    assert said.code == 2
    assert "names no object; name a run, or s3://bucket/key" in flat(said.err)


def test_a_value_that_is_not_allowed_is_named_without_the_validators_words(command: Command) -> None:
    said = command("convert", "a.jsonl", "--from", "nope")
    assert said.code == 2
    assert "Invalid value for '--from': 'nope' is not one of 'openai'" in flat(said.err)


@pytest.mark.parametrize("lines", [1, 40])
def test_where_a_file_ends_too_early_is_counted_up_to_there(command: Command, tmp_path: Path, lines: int) -> None:
    by = random.Random(1)
    text = "".join(f'{{"n": "{by.getrandbits(400):x}"}}\n' for _ in range(lines)).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text)[:-8])
    said = command("check", str(tmp_path / "a.jsonl.gz"))
    assert f"it is truncated after {len(text)} uncompressed bytes" in flat(said.out)
