"""The examples of the simulator's README work: each command of its admin API, and the fixture for a CI of one's own."""

import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from local.account import ROOT
from tests.unit.local.bedrock.standalone import Standalone

README = (ROOT / "local" / "bedrock" / "README.md").read_text()
PYTHON = ROOT / ".venv-local" / "bin" / "python"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def curls() -> list[list[str]]:
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def curl(words: list[str], port: str) -> int:
    """The status that curl would get; of its options only those that the README uses are known."""
    options = {"-X": "GET", "-d": ""}
    while words[0] in options:
        options[words[0]], words = words[1], words[2:]
    (url,) = words
    body = options["-d"].encode() or None
    call = urllib.request.Request(url.replace(":4567/", f":{port}/"), body, method=options["-X"])  # noqa: S310  # loopback
    with urllib.request.urlopen(call) as response:  # noqa: S310  # the same
        return int(response.status)


def test_every_command_of_the_admin_api_works() -> None:
    with Standalone("--speed", "0", python=PYTHON) as started:
        port = started.url.rsplit(":", 1)[1]
        assert [curl(words, port) for words in curls()] == [200] * 17


def test_every_way_in_has_an_example() -> None:
    with Standalone("--speed", "0", python=PYTHON) as started:
        _, told = started.admin_refused("GET", "nothing")
    offered = set(re.findall(r"(GET|PUT|POST|DELETE) (\w+)", told.split("there are", 1)[1]))
    named = {(words[1] if words[0] == "-X" else "GET", words[-1].split("_distillery/")[1]) for words in curls()}
    shown = {(method, re.split(r"[/?]", path)[0]) for method, path in named}
    assert offered - shown <= {("GET", "quotas"), ("GET", "latency"), ("GET", "undocumented")}
    assert shown <= offered


def test_the_first_example_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with Standalone("--speed", "0", python=PYTHON) as started:
        for name, value in started.variables.items():
            monkeypatch.setenv(name, value)
        done = subprocess.run([sys.executable, "-c", blocks("python")[0]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "topic.delivery" in done.stdout


def test_the_fixture_for_a_ci_of_ones_own_runs_as_it_is(tmp_path: Path) -> None:
    example = tmp_path / "test_mine.py"
    example.write_text(blocks("python")[1])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(example)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
