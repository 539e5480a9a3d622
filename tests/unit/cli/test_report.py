"""`distillery report`: the short form, the page and the JSON."""

import json
import stat
import webbrowser
from dataclasses import replace
from pathlib import Path

import pytest

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.rows import Unit
from distillery.evaluation.report.wire import parse, write
from tests.fakes.report import RUN, URI, contestant, document, full
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.evaluation.report.test_wire import first_format


def keep(account: FakeAccount, one: Document, run: str = RUN) -> None:
    account.objects[f"s3://data/evaluations/{run}/report.json"] = json.dumps(write(one)).encode()


def test_the_short_form_shows_verdict_bars_scores_and_what_to_do(account: FakeAccount, command: Command) -> None:
    keep(account, full())
    said = command("report", RUN)
    assert said.code == 0
    for part in (
        f"{RUN} inconclusive Inconclusive: better than untrained by 31 to 44 points; not worse than the teacher by",
        "This is the 7th look at these held-out prompts.",
        "teacher_margin passed at least −5.0 points +2.5 points at least −2.0",
        "max_latency_ms passed at most 800 ms 380 ms –",
        "student 88.3% 83.3% to 92.3% 120 of 120 380 ms $0.0425",
        "claude-haiku-5-5 90.0% 85.0% to 94.0% 119 of 120",
        "Hold out about 140 more prompts (heldout_share, heldout_max), and run the recipe again.",
        f"every prompt with its answers: distillery report {RUN} --open",
        f"report: {URI}",
    ):
        assert part in said.out, part


def test_a_report_of_the_first_format_is_shown(account: FakeAccount, command: Command) -> None:
    account.objects[URI] = json.dumps(first_format()).encode()
    said = command("report", URI)
    assert said.code == 0
    assert "85 points above untrained (no interval)" in said.out
    assert "student 85.0% – 20 of 20 100 ms" in said.out


def test_json_is_the_report(account: FakeAccount, command: Command) -> None:
    keep(account, full())
    assert parse(command("report", RUN, "--json").out) == full()


def test_the_difference_to_another_run(account: FakeAccount, command: Command) -> None:
    keep(account, full())
    earlier = replace(document(run="support-a-b-1", outcome=VerdictOutcome.FAILED), prompts=full().prompts[:3])
    keep(account, earlier, "support-a-b-1")
    said = command("report", RUN, "--diff", "support-a-b-1")
    assert "since run support-a-b-1, which failed:" in said.out
    assert "student: 66.7% → 88.3%" in said.out
    assert "of 3 prompts in both, this student is better on 0 and worse on 0" in said.out
    assert "graded differently" in said.out
    found = parse(command("report", RUN, "--diff", "support-a-b-1", "--json").out).difference
    assert found is not None
    assert found.run == "support-a-b-1"


@pytest.mark.parametrize("opened", [True, False])
def test_the_page_is_written_for_its_reader_alone_and_opened(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, opened: bool
) -> None:
    asked: list[str] = []

    def note(uri: str) -> bool:
        asked.append(uri)
        return opened

    monkeypatch.setattr(webbrowser, "open", note)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path))
    keep(account, full())
    said = command("report", RUN, "--open")
    page = tmp_path / "report.html"
    assert (said.code, asked) == (0, [page.as_uri()])
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "<title>inconclusive: support-" in page.read_text(encoding="utf-8")
    assert ("no browser was found" in said.out) is not opened
    assert "delete it when you have read it" in said.out
    assert "--open" not in said.out


def test_a_run_without_a_report_is_told(account: FakeAccount, command: Command) -> None:
    said = command("report", "support-x-y-1")
    assert said.code == 2
    assert "run 'support-x-y-1' has no report at s3://data/evaluations/support-x-y-1/report.json" in said.err
    assert "distillery status" in said.err


def test_what_is_no_report_is_refused(account: FakeAccount, command: Command) -> None:
    account.objects[URI] = b'{"format": 3}'
    said = command("report", RUN)
    assert (said.code, said.out) == (2, "")
    assert "install a newer distillery" in said.err


ADVICE = [
    (document(), []),
    (
        document(
            outcome=VerdictOutcome.FAILED,
            contestants=(contestant("student", 0.1), contestant("teacher", 0.4)),
            bars=(replace(document().bars[0], outcome=VerdictOutcome.FAILED),),
        ),
        ["The teacher itself has 40.0%, below the 50.0% that min_score needs", "Look at the prompts where another"],
    ),
    (
        document(
            contestants=(contestant("student", 0.9, truncated=3, missing=3), contestant("base", 0.2, truncated=2))
        ),
        [
            "3 of 120 answers of the student were cut off: raise max_answer_tokens.",
            "3 of 120 answers of the student are",
        ],
    ),
    (
        document(
            outcome=VerdictOutcome.FAILED,
            bars=(replace(full().bars[3], outcome=VerdictOutcome.FAILED, unit=Unit.POINTS),),
        ),
        ["The live model is better and stays"],
    ),
]


@pytest.mark.parametrize(("one", "expected"), ADVICE)
def test_advice_names_what_the_report_shows(one: Document, expected: list[str]) -> None:
    from distillery.evaluation.report.advice import advice

    found = advice(one)
    assert len(found) == len(expected)
    assert all(said.startswith(begin) for said, begin in zip(found, expected, strict=True)), found
