"""The wall time of synthesizing dev with rules and template validation, against an empty CDK app with validation.

Both run what `cdk` runs, with the context of cdk.json. The command line itself takes the same time for both and would
flatter the ratio, so it is left out. Both write over a folder with an earlier synth, as in daily use.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.bar import Bar
from tests.bench.pairs import interleaved
from tests.bench.process import ROOT, run, seconds

HERE = Path(__file__).parent
LIMIT = 2.5
SETTINGS = {"env": "dev", "date": "2026-11-23"}
TURNS = 5
"""Repetitions of the phases. Their medians are for orientation."""


def bench(console: Console) -> list[Bar]:
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        ours, empty = environ(Path(folder) / "ours"), environ(Path(folder) / "empty")
        pairs = interleaved(
            subject=lambda: seconds([sys.executable, "app.py"], ours),
            floor=lambda: seconds([sys.executable, HERE / "empty_app.py"], empty),
        )
        console.print(f"synth of dev against an empty app: {pairs.summary}")
        console.print(_phases(Path(folder)))
    return [Bar(what="synth of dev", measured=pairs.ratio, limit=LIMIT, floor="an empty CDK Python app")]


def environ(outdir: Path, **more: str) -> dict[str, str]:
    """Returns what `cdk synth` passes to an app. Python keeps bytecode, as in daily use, whatever is set here."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "CDK_CONTEXT_JSON": json.dumps(context | SETTINGS),
        "CDK_OUTDIR": str(outdir),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        **more,
    }


def _phases(folder: Path) -> Table:
    """Prints the seconds of each phase, for the empty app and for ours."""
    found = {kind: _medians(kind, folder / kind) for kind in ("empty", "ours")}
    table = Table("phase", "empty app", "dev", "share of dev", title="Where the time of a synth goes (seconds)")
    whole = sum(found["ours"].values())
    for name, took in found["ours"].items():
        table.add_row(name, f"{found['empty'].get(name, 0.0):.2f}", f"{took:.2f}", f"{took / whole:.0%}")
    table.add_row("together", f"{sum(found['empty'].values()):.2f}", f"{whole:.2f}", "", style="bold")
    return table


def _medians(kind: str, outdir: Path) -> dict[str, float]:
    turns = [_turn(kind, outdir) for _ in range(TURNS)]
    return {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}


def _turn(kind: str, outdir: Path) -> dict[str, float]:
    """Returns the phases of one synth. The time of rules and validation is measured by leaving them out."""

    def took(rules: str, validation: str) -> dict[str, float]:
        told = run(
            [sys.executable, "-m", "tests.bench.phases", kind, rules], environ(outdir, CDK_VALIDATION=validation)
        )
        return {name: float(value) for name, value in json.loads(told).items()}

    start = seconds([sys.executable, "-c", "pass"], os.environ)
    full, unvalidated, bare = took("rules", "true"), took("rules", "false"), took("no-rules", "false")
    last = full.pop("synth")
    return {
        "start of the interpreter": start,
        **full,
        "templates and assets": bare["synth"],
        "rules (cdk-nag)": max(0.0, unvalidated["synth"] - bare["synth"]),
        "template validation": max(0.0, last - unvalidated["synth"]),
    }
