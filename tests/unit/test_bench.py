"""`python -m tests.bench` runs every benchmark to its end, and says at the end which bars are missed."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.bar import Bar
from tests.bench.process import ROOT, run

MET, MISSED = (Bar(what=what, measured=measured, limit=1.5, floor="nothing") for what, measured in (("a", 1), ("b", 2)))


def put(monkeypatch: pytest.MonkeyPatch, name: str, *bars: Bar) -> None:
    """Replaces a benchmark by one that returns these bars, or that fails without any."""

    def bench(_: Console) -> list[Bar]:
        if not bars:
            raise RuntimeError("the server did not start")
        return list(bars)

    module = ModuleType(name)
    module.__dict__["bench"] = bench
    monkeypatch.setitem(sys.modules, f"tests.bench.{name}", module)


@pytest.mark.parametrize(
    ("first", "status"),
    [((MET,), 0), ((MISSED,), 1), ((MET, MISSED), 1), ((), 1)],
    ids=["met", "missed", "one of two missed", "an error"],
)
def test_it_goes_on_to_the_last_benchmark_and_sums_up(
    first: tuple[Bar, ...], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, last = BENCHMARKS[0], BENCHMARKS[-1]
    put(monkeypatch, name, *first)
    put(monkeypatch, last, Bar(what="the last", measured=1, limit=1.5, floor="nothing"))
    assert main([name, last]) == status
    said = capsys.readouterr().out.split("Bars")[-1]
    assert "the last" in said
    assert all(bar.what in said for bar in first)
    assert (f"{name} raised" in said) is (not first)
    assert ("missed" in said) is (MISSED in first)


OF_THE_STAGE = """
import sys
from tests.bench.dataset import ENVIRON
from tests.bench.process import run
print(run([sys.executable, "-c", "from tests.data_sets import TATQA; print(TATQA)"], ENVIRON))
"""
"""Prints where the process in which the dataset stage is measured finds real text."""


@pytest.mark.slow
def test_the_stage_reads_real_text_where_the_variable_says(tmp_path: Path) -> None:
    environ = {"DISTILLERY_TATQA": str(tmp_path), "PYTHONPATH": str(ROOT)}
    assert run([sys.executable, "-c", OF_THE_STAGE], environ).strip() == str(tmp_path / "dev.jsonl")
