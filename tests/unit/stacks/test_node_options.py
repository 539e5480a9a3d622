"""What Node loads before the CDK, with the Node that the lock installs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import node_options
from infra.node_options import add_node_options

NODE = Path(sys.executable).with_name("node")
GROW = """
const {PerformanceObserver} = require("perf_hooks");
let collections = 0;
const count = (list) => collections += list.getEntries().filter((entry) => entry.detail.kind === 4).length;
new PerformanceObserver(count).observe({entryTypes: ["gc"]});
const memory = new WebAssembly.Memory({initial: 1});
for (let page = 0; page < 4000; page++) memory.grow(1), memory.buffer;
setImmediate(() => setImmediate(() => console.log(collections)));
"""
"""Prints how often V8 collected the garbage of the whole heap while the memory of WebAssembly grew to 250 MB."""


def collections(**variables: str) -> int:
    environ = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"} | variables
    return int(subprocess.run([NODE, "-e", GROW], env=environ, capture_output=True, text=True, check=True).stdout)


def test_memory_of_webassembly_starts_no_collection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / 'of "a" person\\ü'  # Node has its own rules for quotes
    folder.mkdir()
    monkeypatch.setattr(node_options, "EXTERNAL_MEMORY", Path(shutil.copy(node_options.EXTERNAL_MEMORY, folder)))
    environ = {"NODE_OPTIONS": "--no-deprecation"}
    add_node_options(environ)
    assert collections(**environ) < 10 < collections()


def test_options_are_added_once_to_those_that_are_set() -> None:
    environ = {"NODE_OPTIONS": "--no-deprecation"}
    add_node_options(environ)
    once = dict(environ)
    add_node_options(environ)
    assert environ == once
    assert once["NODE_OPTIONS"].startswith("--no-deprecation --require ")
