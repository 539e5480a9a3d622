"""The layer of recipes can be read by a function, whatever the umask of who deploys."""

import os
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from infra.parts import settings


def test_a_umask_of_077_does_not_reach_the_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BUILD", tmp_path)
    before = os.umask(0o077)
    try:
        settings.settings_layer(Stack(App(), "Stack"), "Recipes", {})
    finally:
        os.umask(before)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == 0o644
