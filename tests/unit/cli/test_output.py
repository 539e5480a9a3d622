"""Output on terminals of every kind, into closed pipes, and in help."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distillery.cli.terminal import Terminal, styled
from distillery.cli.verbs import VERBS, Verbs
from tests.unit.cli.conftest import Command

GOOD = Path(__file__).parents[3] / "examples" / "support" / "prompts.jsonl"


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
