"""Measures a separate Python process. A failing process fails the benchmark: a crash is fast, but not a result."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(command: Sequence[str | Path], environ: Mapping[str, str], *, folder: Path = ROOT) -> str:
    """Returns the standard output. Raises RuntimeError with the process's last lines."""
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=dict(environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} {command[-1]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def seconds(command: Sequence[str | Path], environ: Mapping[str, str], *, folder: Path = ROOT) -> float:
    """Wall time from start to exit."""
    began = time.perf_counter()
    run(command, environ, folder=folder)
    return time.perf_counter() - began
