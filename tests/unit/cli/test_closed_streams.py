"""Standard streams that a shell closed, and readers that went away: no traceback, and no code that means findings."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
GOOD = ROOT / "examples" / "support" / "prompts.jsonl"


def run(words: str, redirection: str) -> "subprocess.CompletedProcess[str]":
    script = f"{sys.executable} -m distillery {words} {redirection}"
    command = ["bash", "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [f"check {GOOD}", f"check --json {GOOD}"])
def test_a_closed_stream_changes_no_result(words: str, redirection: str) -> None:
    done = run(words, redirection)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_read_from_a_closed_input() -> None:
    done = run("convert --from openai -", "<&-")
    assert done.returncode == 1
    assert "0 of 0 records converted" in done.stderr


@pytest.mark.parametrize("words", ["--help", "check --help", f"check {GOOD}"])
def test_a_reader_that_went_away_ends_the_command_as_other_programs(words: str) -> None:
    done = run(words, "| true; echo ${PIPESTATUS[0]}")
    assert (done.stdout.strip(), done.stderr) == ("141", "")
