"""`make` takes the system's Python where that of the PATH was compiled without optimizations."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _python(file: Path, arguments: str, usable: bool = True) -> Path:
    """Writes a `python3` that was configured with these arguments, and is or is not new enough with `ensurepip`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    optimized = int("--enable-optimizations" in arguments)
    answers = f'case "$2" in *sysconfig*) exit {optimized};; *ensurepip*) exit {int(not usable)};; esac'
    file.write_text(f"#!/bin/sh\n{answers}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def _chosen(first: Path, system: Path, *more: str) -> str:
    """Returns the interpreter that the Makefile chooses."""
    show = ["--eval", "show: ; @echo $(PYTHON)", "show", f"SYSTEM_PYTHON={system}", *more]
    path = os.pathsep.join([str(first.parent), os.environ["PATH"]])
    variables = {name: value for name, value in os.environ.items() if name != "PYTHON"} | {"PATH": path}
    return subprocess.run(
        ["make", "--silent", *show], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("configured", "usable", "systems"),
    [
        ("--enable-shared", True, True),
        ("--enable-shared", False, False),
        ("--enable-shared --enable-optimizations", True, False),
    ],
)
def test_the_systems_is_taken_if_the_first_of_the_path_is_slow(
    tmp_path: Path, configured: str, usable: bool, systems: bool
) -> None:
    first, system = _python(tmp_path / "bin" / "python3", configured), _python(tmp_path / "system", "", usable)
    assert _chosen(first, system) == (str(system) if systems else "python3")


def test_a_named_one_is_taken(tmp_path: Path) -> None:
    first, system = _python(tmp_path / "bin" / "python3", ""), _python(tmp_path / "system", "")
    assert _chosen(first, system, "PYTHON=python3") == "python3"


def test_what_is_missing_is_left_to_the_message_of_the_installation(tmp_path: Path) -> None:
    assert _chosen(_python(tmp_path / "bin" / "python3", ""), tmp_path / "none") == "python3"


def test_python_says_how_it_was_configured() -> None:
    assert isinstance(sysconfig.get_config_var("CONFIG_ARGS"), str)
