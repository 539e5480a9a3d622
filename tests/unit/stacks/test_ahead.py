"""Parallel imports: Node answers through one pipe, so a module that is imported in a thread must not call Node."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import ahead

ROOT = Path(__file__).parents[3]
TELL = """
import importlib, sys
import jsii._kernel.providers.process as process
for name in sys.argv[1].split(): importlib.import_module(name)
def refuse(self, *request): raise AssertionError(f"{name} asks Node: {request}")
process._NodeProcess.send = process._NodeProcess.start = refuse
for name in sys.argv[2].split(): importlib.import_module(name)
"""


@pytest.mark.parametrize(
    ("before", "silent"),
    [
        pytest.param("jsii", ahead.SETTINGS, id="settings, before Node has started"),
        pytest.param("aws_cdk", ahead.SERVICES, id="services, once the CDK is loaded"),
    ],
)
def test_what_is_imported_beside_asks_node_nothing(before: str, silent: tuple[str, ...]) -> None:
    assert importing(before, *silent) == ""


def test_a_module_that_asks_is_found() -> None:
    """A module that reads the functions' runtime from Node at import."""
    assert "asks Node" in importing("aws_cdk aws_cdk.aws_lambda", "infra.constructs.lambda_code")


def test_what_an_option_needs_is_imported_where_the_option_is_set() -> None:
    """A synth without a trail does not wait for CloudTrail's module."""
    code = "import app, sys; sys.exit(bool({'aws_cdk.aws_cloudtrail', 'infra.constructs.trail'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=_environ(), check=False).returncode == 0


def importing(before: str, *names: str) -> str:
    """Returns what failed, if anything."""
    command = [sys.executable, "-c", TELL, before, " ".join(names)]
    return subprocess.run(command, cwd=ROOT, env=_environ(), capture_output=True, text=True, check=False).stderr


def _environ() -> dict[str, str]:
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    )  # Node is installed here
    return os.environ | {"PYTHONPATH": str(ROOT), "PATH": path}
