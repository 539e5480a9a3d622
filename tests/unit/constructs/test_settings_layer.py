"""Functions can read their settings files, whatever the umask of the deploying user."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack

from distillery.core.served_routes import ServedRoute, ServedRoutes
from infra.constructs import layers

OFFER = ServedRoutes(routes=(ServedRoute(name="fast"), ServedRoute(name="haiku", principals=("user/ana",))))
EXPECTED = {
    "quota": None,
    "routes": [{"name": "fast", "principals": None}, {"name": "haiku", "principals": ["user/ana"]}],
}
Make = Callable[[], Path]
LAYERS: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "recipes.json": (layers.settings_layer, {}, {}),
    "offer.json": (layers.served_routes_layer, OFFER, EXPECTED),
}


@pytest.fixture(params=LAYERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Creates the layer's only file."""
    monkeypatch.setattr(layers, "BUILD", tmp_path)
    layer, said, _ = LAYERS[name]

    def made() -> Path:
        layer(Stack(App(), "Stack"), "Layer", said)
        (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
        return file

    return made


def test_it_stands_where_python_finds_it_in_a_function(make: Make, name: str) -> None:
    file = make()
    assert file.as_posix().endswith(f"/python/distillery_settings/{name}")
    assert json.loads(file.read_text()) == LAYERS[name][2]


def test_a_umask_of_077_does_not_reach_the_function(make: Make) -> None:
    before = os.umask(0o077)
    try:
        file = make()
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o644


def test_what_an_earlier_synth_left_is_put_right(make: Make) -> None:
    text = (file := make()).read_text()
    file.chmod(0o600)
    assert make().stat().st_mode & 0o777 == 0o644
    file.write_text("{ }")
    assert make().read_text() == text
    there = file.stat().st_ino
    assert make().stat().st_ino == there, "a correct file is not rewritten"
