"""Output on terminals of every kind, into closed pipes, and in help."""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distillery.cli import invocation
from distillery.cli.terminal import Terminal, WordTable, append_row, styled
from distillery.cli.verbs import VERBS, Verbs
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome
from tests.fakes.pipeline import open_run
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

GOOD = Path(__file__).parents[3] / "examples" / "support" / "prompts.jsonl"


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_closed_pipe_is_no_finding(options: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "distillery", "check", str(GOOD), *options]
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    ("variables", "is_styled"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": ""}, True),
    ],
)
def test_a_terminal_without_styles_gets_none(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_styled: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    written = io.StringIO()
    terminal = Terminal(file=written, force_terminal=True)
    terminal.print(styled("[bold red]{}[/bold red]", "error"))
    assert ("\x1b" in written.getvalue()) is is_styled


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_every_word_of_the_text(verb: str, command: Command) -> None:
    def words(text: str) -> str:
        return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())

    said = words(command(verb, "--help").out)
    built = Verbs().get_command(None, verb)
    for text in (built.help, *(parameter.help for parameter in built.params)):
        assert words(text or "") in said


WORDS = st.text("abcdefgh-:.$", min_size=1, max_size=12)


@pytest.mark.slow
@given(
    st.integers(40, 100),
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(st.lists(WORDS, max_size=4), min_size=n, max_size=n), min_size=1, max_size=4)
    ),
)
def test_a_table_breaks_no_word_and_loses_none_at_any_width(width: int, rows: list[list[list[str]]]) -> None:
    written = io.StringIO()
    table = WordTable("", "stage", box=None, pad_edge=False)
    for number in range(2, len(rows[0])):
        table.add_column(f"heading{number}", no_wrap=number == 2)
    for row in rows:
        append_row(table, *(" ".join(words) for words in row))
    assume(max(len(" ".join(row[2])) for row in rows) < 30 if len(rows[0]) > 2 else True)
    Terminal(file=written, width=width, color_system=None).print(table)
    found = written.getvalue().split()
    given_words = Counter(word for row in rows for words in row for word in words)
    assert not given_words - Counter(found)
    assert all(len(line.rstrip()) <= width for line in written.getvalue().splitlines())


@pytest.mark.parametrize(
    ("options", "prefix"),
    [
        ((), "distillery "),
        (("--env", "launch"), "distillery --env launch "),
        (("--region", "eu-west-1"), "distillery --region eu-west-1 "),
    ],
)
def test_a_command_in_a_hint_leads_to_the_same_environment(
    options: tuple[str, ...], prefix: str, command: Command, account: FakeAccount, ledger: Ledger
) -> None:
    run = open_run(ledger)
    ledger.close(run.id, Outcome.REJECTED, "x")
    account.answers["dataset-function"] = {"status": "started", "run": run.id, "reason": ""}
    said = command(*options, "run", "support", str(GOOD))
    assert f"follow it with: {prefix}watch {run.id}" in said.out
    hint = said.out.partition("follow it with: ")[2]
    assert "rejected" in command(*shlex.split(hint)[1:]).out


def test_a_hint_names_the_command_as_the_shell_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = tmp_path / ".venv" / "bin"
    beside.mkdir(parents=True)
    (beside / "distillery").write_text("#!/bin/sh\n")
    (beside / "distillery").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(tmp_path)
    assert invocation.program() == ".venv/bin/distillery"
    monkeypatch.chdir("/")
    assert os.path.samefile(str(shutil.which(invocation.program())), beside / "distillery")
    monkeypatch.setenv("PATH", str(beside))
    assert invocation.program() == "distillery"
