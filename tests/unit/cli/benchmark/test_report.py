"""The report: figures of each variant, changes from the baseline, and what was served and failed."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from distillery.cli.benchmark import output
from distillery.cli.benchmark.measurement import BenchmarkResult, Sample
from distillery.cli.benchmark.output import table
from distillery.cli.benchmark.report import FIRST, PACE, WHOLE, Report, as_document, build_report
from distillery.core.errors import BadRequest
from tests.unit.cli.benchmark.routes import answered, arm
from tests.unit.cli.routes import FAST, SUPPORT

ARMS = [arm(FAST), arm(FAST, 2), arm(SUPPORT)]
BROKEN = Sample(error="ThrottlingException", sentence="Too many tokens")


def told(simulated: bool = False, broken: bool = True) -> Report:
    fast = [answered(58, 1000, simulated=simulated), answered(60, 1100), answered(56, 900)]
    samples = {
        "fast:optimized": [*fast, *([BROKEN] if broken else [])],
        "fast:standard": [answered(100, 2000), answered(104, 2100), answered(96, 1900)],
        "distilled/support:standard": [answered(30, 40, 2), answered(31, 41, 2), answered(29, 39, 2)],
    }
    found = build_report(ARMS, BenchmarkResult(samples))
    assert found is not None
    return found


def printed(one: Report) -> str:
    console = Console(file=StringIO(), width=140)
    console.print(table(one))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_each_arm_has_its_percentiles_and_the_student_no_pace() -> None:
    fast, usual, student = told().summaries
    assert [fast.figures[FIRST][which].value for which in (50, 90, 99)] == pytest.approx([58, 59.6, 59.96])
    assert usual.figures[WHOLE][50].value == 2000
    assert set(student.figures) == {FIRST, WHOLE}


def test_changes_are_against_the_usual_arm() -> None:
    changes = told().changes
    assert told().against == "fast:standard"
    assert changes["fast:optimized"][FIRST].value == pytest.approx(-0.42)
    assert changes["distilled/support:standard"][WHOLE].value == pytest.approx(-0.98)
    assert PACE not in changes["distilled/support:standard"]


def test_what_was_served_failed_and_cost_is_reported() -> None:
    fast = told().summaries[0]
    assert (fast.served, fast.failed) == ({"standard": 3}, {"ThrottlingException": 1})
    assert fast.usd == (Decimal("1.00") * 20 + Decimal("4.00") * 100) / 1_000_000 * 1000


def test_a_variant_without_an_answer_is_left_out_and_so_is_a_report_of_none() -> None:
    samples: dict[str, list[Sample]] = {one.name: [BROKEN] for one in ARMS}
    assert build_report(ARMS, BenchmarkResult(samples)) is None
    found = build_report(ARMS, BenchmarkResult(samples | {"fast:optimized": [answered(1, 2)]}))
    assert found is not None
    assert [one.variant.name for one in found.summaries] == ["fast:optimized"]
    assert (found.against, found.changes) == ("fast:optimized", {})


def test_the_document_is_json_with_every_sample() -> None:
    whole = json.loads(json.dumps(as_document(told())))
    assert (whole["simulated"], whole["against"]) == (False, "fast:standard")
    first = whole["arms"][0]
    assert first["time_to_first_token_ms"]["p50"]["value"] == 58
    assert [one["first_ms"] for one in first["samples"]] == [58, 60, 56, 0]
    assert first["samples"][3]["error"] == "ThrottlingException"
    low, high = whole["changes"]["fast:optimized"]["time_to_first_token_ms"]["interval_95"]
    assert low <= -0.42 <= high


@pytest.mark.parametrize("simulated", [False, True])
def test_the_table_says_it_all(simulated: bool) -> None:
    said = printed(told(simulated=simulated))
    for line in (
        "first token, ms",
        "fast:optimized served standard 3; 100 tokens out, $0.420 for 1,000; failed: ThrottlingException 1",
        "fast:optimized against fast:standard: first token −42% (",
        "No tokens/s of distilled/support:standard: answers below 16 tokens are too short for it.",
        "A p99 of fewer than 100 answers is nearly the slowest of them.",
    ):
        assert line in said
    assert ("Simulated: these are the figures that the local Bedrock models." in said) == simulated


@pytest.mark.slow
def test_a_chart_is_a_picture_of_its_kind_and_the_same_every_time(tmp_path: Path) -> None:
    png, svg, again = (tmp_path / name for name in ("a.png", "a.svg", "b.svg"))
    for file in (png, svg, again):
        output.check_chart(file)
        output.draw_chart(told(simulated=True), file, "Routes of environment dev")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert ElementTree.fromstring(svg.read_text()).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # ours
    assert svg.read_bytes() == again.read_bytes()
    assert "<!-- Routes of environment dev – simulated by the local Bedrock -->" in svg.read_text()


@pytest.mark.parametrize(
    ("name", "sentence"), [("a.pdf", "name a file that ends in .png or .svg"), ("nowhere/a.png", "there is no folder")]
)
def test_a_chart_that_cannot_be_drawn_is_refused_first(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        output.check_chart(tmp_path / name)
