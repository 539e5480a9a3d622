"""The layer of recipes can be read by a function, whatever the umask of who deploys."""

import os
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from infra.parts import settings


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "BUILD", tmp_path)
    return tmp_path


def _made(build: Path) -> Path:
    settings.settings_layer(Stack(App(), "Stack"), "Recipes", {})
    (file,) = (path for path in build.rglob("*") if path.is_file())
    return file


def test_a_umask_of_077_does_not_reach_the_function(build: Path) -> None:
    before = os.umask(0o077)
    try:
        file = _made(build)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o644


def test_what_an_earlier_synth_left_is_put_right(build: Path) -> None:
    text = (file := _made(build)).read_text()
    file.chmod(0o600)
    assert _made(build).stat().st_mode & 0o777 == 0o644
    file.write_text("{}")
    assert _made(build).read_text() == text
    there = file.stat().st_ino
    assert _made(build).stat().st_ino == there, "what is right is left alone"
