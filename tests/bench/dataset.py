"""The cost of checking prompts: the whole command, the pass alone, its memory, and the dataset stage in Lambda.

The floors only decode the same lines into the same typed records: the command's floor in a process that starts Python
and imports the same libraries, the pass's floor in this process, with the records in a list.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import varied
from tests.bench.bar import Bar
from tests.bench.pairs import interleaved
from tests.bench.process import ROOT, run, seconds
from tests.bench.prompts import decode_all, one_pass, write_prompts
from tests.data_sets import TATQA

HERE = Path(__file__).parent
PROMPTS, TOO_MANY, MANY = 15_000, 15_500, 50_000
COMMAND_LIMIT, PASS_LIMIT, MEMORY_LIMIT, LAMBDA_LIMIT, REAL_LIMIT = 4, 3.33, 80, 60, 60
SLOWER = 2.0
"""Assumed ratio of this machine's core to a function's vCPU at 1,769 MB. Not measured on AWS."""

ENVIRON = {
    "PATH": os.environ.get("PATH", os.defpath),
    "PYTHONPATH": str(ROOT),
    "DISTILLERY_TATQA": str(TATQA.parent),
}


def bench(console: Console) -> list[Bar]:
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        small = write_prompts(Path(folder) / "15000.jsonl", PROMPTS)
        many = write_prompts(Path(folder) / "15001.jsonl", PROMPTS + 1)
        large = write_prompts(Path(folder) / "large.jsonl", 7_600_000, repeat=10 * PROMPTS)
        bars = [_command(console, small), _pass(console, small), _count(many), *_memory(console, large)]
    return [*bars, *_lambda(console)]


def _command(console: Console, file: Path) -> Bar:
    checked = partial(seconds, [sys.executable, "-m", "distillery", "check", file], ENVIRON)
    pairs = interleaved(subject=checked, floor=lambda: seconds([sys.executable, HERE / "decode.py", file], ENVIRON))
    bare = interleaved(
        subject=checked, floor=lambda: seconds([sys.executable, HERE / "decode.py", file, "bare"], ENVIRON)
    )
    console.print(f"distillery check of {PROMPTS} prompts against decoding, same libraries: {pairs.summary}")
    console.print(f"… against decoding with msgspec alone, no command line: {bare.summary}")
    return Bar(
        what=f"distillery check, {PROMPTS} prompts",
        measured=pairs.ratio,
        limit=COMMAND_LIMIT,
        floor="decoding, process",
    )


def _pass(console: Console, file: Path) -> Bar:
    table = Table("lines", "MB/s", "of decoding's speed", title="Every rule in one pass, against decoding")
    shapes = {"280 bytes": file.read_bytes()}
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        for name, size, answer in (("280 bytes, bare", 140, False), ("8 KB", 8000, True)):
            shapes[name] = write_prompts(Path(folder) / "x", PROMPTS // 5, size=size, answer=answer).read_bytes()
    ratios = {}
    for name, body in shapes.items():
        lines = body.split(b"\n")[:-1]
        pairs = interleaved(subject=_timed(partial(one_pass, body)), floor=_timed(partial(decode_all, lines)), pairs=25)
        ratios[name] = pairs.ratio
        table.add_row(name, f"{len(body) / 1e6 / min(pairs.subject):,.0f}", f"{1 / pairs.ratio:.2f}")
    console.print(table)
    return Bar(
        what="every rule in one pass", measured=ratios["280 bytes"], limit=PASS_LIMIT, floor="decoding (0.3 of it)"
    )


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return timed


def _count(file: Path) -> Bar:
    """Returns the error of the reported count for a file with one prompt too many."""
    told = _check(file)
    assert [finding["code"] for finding in told["findings"]] == ["too-many-prompts"]
    return Bar(
        what="reported count of prompts of a file of 15,001",
        measured=abs(told["prompts"] - PROMPTS - 1),
        limit=0,
        floor="its true count",
        unit="off",
    )


def _memory(console: Console, file: Path) -> list[Bar]:
    began = time.perf_counter()
    told = _check(file)
    took = time.perf_counter() - began
    console.print(f"{file.stat().st_size / 2**30:.2f} GiB, {told['prompts']:,} prompts checked in {took:.0f} s")
    return [Bar(what="memory of a 2 GB file", measured=told["peak_mb"], limit=MEMORY_LIMIT, floor="", unit="MB")]


def _lambda(console: Console) -> list[Bar]:
    few_words = _stage(console, PROMPTS, "of 13 words")
    bars = [
        Bar(
            what=f"dataset stage, {PROMPTS} prompts of 8 KB",
            measured=few_words["cpu"] * SLOWER,
            limit=LAMBDA_LIMIT,
            floor="one vCPU, scaled",
            unit="s",
        ),
        Bar(what="… its memory", measured=few_words["peak_mb"], limit=1769, floor="Lambda's", unit="MB"),
    ]
    if not TATQA.exists():
        console.print(varied.MISSING)
        return bars
    real, many = (_stage(console, count, "of real text in three templates", "varied") for count in (PROMPTS, MANY))
    chosen = _stage(console, TOO_MANY, "of real text, a part of them selected", "varied", "select")
    growth = many["cpu"] / real["cpu"] / (MANY / PROMPTS)
    return [
        *bars,
        Bar(what="… of real text", measured=real["cpu"], limit=REAL_LIMIT, floor="one core", unit="s"),
        Bar(what="… its memory", measured=real["peak_mb"], limit=1769, floor="Lambda's", unit="MB"),
        Bar(what=f"… each of {MANY} against each of {PROMPTS}", measured=growth, limit=1.3, floor="linear growth"),
        Bar(
            what=f"… memory, {TOO_MANY} and a selection",
            measured=chosen["peak_mb"],
            limit=1769,
            floor="Lambda's",
            unit="MB",
        ),
    ]


def _stage(console: Console, count: int, what: str, *options: str) -> dict[str, float]:
    told: dict[str, float] = json.loads(run([sys.executable, "-m", "tests.bench.stage", str(count), *options], ENVIRON))
    console.print(
        f"{count} prompts of 8 KB {what}, validated, curated, split and written to memory: {told['cpu']:.1f} s of one "
        f"core here, {told['peak_mb']:.0f} MB; Lambda's vCPU at 1,769 MB is taken for {SLOWER:g} times slower"
    )
    return told


def _check(file: Path) -> Any:
    return json.loads(run([sys.executable, HERE / "peak.py", "check", "--json", file], ENVIRON))
