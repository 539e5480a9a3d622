"""`python -m tests.bench [name …]` runs the named benchmarks, or all.

It goes on after a bar is missed, and after a benchmark that raises an error. At the end it prints each bar, what was
measured and what is allowed; it exits with 1 unless every bar was measured and met.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from rich.console import Console

from tests.bench.bar import Bar, summary

BENCHMARKS = (
    "synth",
    "imports",
    "dataset",
    "idle",
    "recipes",
    "converse",
    "simulator",
    "client",
    "canary",
    "quota",
    "learning",
    "extraction",
    "curation",
    "calibration",
    "evaluation",
)
"""Modules of this package, each imported when its turn comes: importing the CDK starts Node."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="The benchmarks and their bars.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of {', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args(arguments).names or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    tools = Path(sys.executable).parent  # Node is installed here
    os.environ["PATH"] = os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)])
    console = Console(width=None if sys.stdout.isatty() else 120)
    bars: list[Bar] = []
    failed: list[str] = []
    for name in names:
        console.rule(name)
        try:
            bars += importlib.import_module(f"tests.bench.{name}").bench(console)
        except Exception:
            console.print_exception(max_frames=4)
            failed.append(name)
    console.rule()
    summary(console, bars)
    for name in failed:
        console.print(f"{name} raised an error before it had measured its bars; its traceback is above")
    return 0 if not failed and all(bar.met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
