"""The wheel in an empty environment, with and without extras: each command works or says what it needs."""

import functools
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from distillery import WHEEL, WHEEL_SOURCE
from distillery.cli.verbs import VERBS
from tests.unit.dataset.fakes import file
from tests.wheels import built, install

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
EXTRAS = (("cli",), ("cli", "chart"))
WORDS = {
    "accept": ["run-a-b-1", "--reason", "better"],
    "approve": ["run-a-b-1", "--yes"],
    "ask": ["fast", "hello"],
    "bench": ["fast", "--yes"],
    "check": ["good.jsonl"],
    "clean": ["--yes"],
    "collect": ["support"],
    "convert": ["chats.jsonl", "--from", "openai"],
    "evaluate": ["run-a-b-1"],
    "forget": ["--text", "Zoe Miller"],
    "golden": ["support", "good.jsonl"],
    "key": ["export"],
    "promote": ["run-a-b-1", "--to", "staging", "--dry-run"],
    "probe": ["fast", "--yes"],
    "reject": ["run-a-b-1"],
    "report": ["run-a-b-1"],
    "resume": ["run-a-b-1", "--reason", "why"],
    "retire": ["support", "--reason", "replaced", "--yes"],
    "rollback": ["support", "--reason", "worse"],
    "run": ["support", "good.jsonl"],
    "snippets": ["fast"],
    "stop": ["run-a-b-1", "--reason", "why"],
    "verify": ["good.jsonl"],
}
"""Arguments of the commands that need some."""

OFFLINE = ("check", "convert", "verify")

PROGRAM = """
import contextlib, functools, io, json, sys
from distillery.cli import main
with contextlib.suppress(ImportError):
    from botocore.loaders import JSONFileLoader as Loader
    read = functools.cache(functools.partial(Loader._load_file, Loader()))
    Loader._load_file = lambda self, *file: read(*file)
for words in json.load(sys.stdin):
    sys.argv = ["distillery", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""
"""Runs several commands in one process, which reads boto3's data once: most of a command's time goes into both."""


@dataclass(frozen=True, slots=True)
class Done:
    """The command's output, with white space collapsed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., list[Done]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside any checkout, with a file of valid prompts."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "good.jsonl").write_bytes(file(150))
    (folder / "chats.jsonl").write_text('{"messages": [{"role": "user", "content": "hello"}]}\n' * 3)
    return folder


@pytest.fixture(scope="module")
def run(wheel: Path, here: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs commands on the wheel with these extras and no other package (-S): `run(("cli",), ["status"], …)`."""

    @functools.cache
    def installed(extras: tuple[str, ...]) -> Path:
        return install(wheel, tmp_path_factory.mktemp("installed"), *extras)

    def call(extras: tuple[str, ...], *commands: list[str], **variables: str) -> list[Done]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(installed(extras)),
            "COLUMNS": "200",
            "HOME": str(here),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1",
            "MPLCONFIGDIR": str(here),
        }
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-c", PROGRAM],
            cwd=here,
            env=environment | variables,
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        return [Done(code, " ".join(out.split()), " ".join(err.split())) for code, out, err in said]

    return call


def _commands(verbs: Iterable[str]) -> list[list[str]]:
    return [[verb, *WORDS.get(verb, [])] for verb in verbs]


def test_the_wheel_holds_the_templates_of_reports(wheel: Path) -> None:
    templates = Path("distillery/evaluation/report/templates")
    with zipfile.ZipFile(wheel) as packed:
        assert {str(templates / file.name) for file in (ROOT / templates).iterdir()} <= set(packed.namelist())


def test_without_extras_every_verb_says_what_to_install(run: Run) -> None:
    said = f"distillery: the command needs the extra cli: pip install '{WHEEL}[cli]'; {WHEEL_SOURCE}"
    assert run((), *_commands(VERBS)) == [Done(1, "", said)] * len(VERBS)


@pytest.mark.parametrize("extras", EXTRAS)
def test_every_verb_has_its_help(run: Run, extras: tuple[str, ...]) -> None:
    for verb, done in zip(VERBS, run(extras, *([verb, "--help"] for verb in VERBS)), strict=True):
        assert (done.code, done.err) == (0, "")
        assert f"distillery {verb}" in done.out


@pytest.mark.parametrize("extras", EXTRAS)
def test_what_needs_no_account_works(run: Run, extras: tuple[str, ...]) -> None:
    commands = (
        ["check", "good.jsonl"],
        ["check", "good.jsonl", "--recipe", "support"],
        ["--version"],
        ["convert", *WORDS["convert"], "--output", "converted.jsonl", "--force"],
    )
    checked, estimated, version, converted = run(extras, *commands, DISTILLERY_ENVIRONMENTS=str(ROOT / "environments"))
    codes = (checked.code, estimated.code, version.code, converted.code)
    assert codes == (0, 0, 0, 0), (checked, estimated, converted)
    assert "3 of 3 records converted" in converted.err
    assert "150 prompts" in checked.out
    assert "prices as of" in estimated.out


@pytest.mark.parametrize("extras", EXTRAS)
def test_every_verb_that_asks_aws_says_that_it_needs_credentials(run: Run, extras: tuple[str, ...]) -> None:
    verbs = [verb for verb in VERBS if verb not in OFFLINE]
    for done in run(extras, *_commands(verbs)):
        assert (done.code, done.out) == (7, ""), done
        assert re.fullmatch(r"distillery: .*Unable to locate credentials", done.err), done


def test_what_an_installation_lacks_is_reported_in_a_sentence(run: Run) -> None:
    commands = (
        ["demo"],
        ["--local", "status"],
        ["check", "good.jsonl", "--recipe", "support"],
        ["bench", "fast", "--chart", "x.svg"],
    )
    demo, local, recipe, chart = run(("cli",), *commands)
    assert demo.err == "distillery: the demo runs from a checkout: `make demo`"
    assert local.err.startswith("distillery: no local AWS account runs here; start one with `make demo`")
    assert "there is no folder" in recipe.err
    assert chart.err == f"distillery: a chart needs matplotlib: pip install '{WHEEL}[chart]'; {WHEEL_SOURCE}"
    assert [done.code for done in (demo, local, recipe, chart)] == [2, 7, 2, 2]
    (drawn,) = run(("cli", "chart"), ["bench", "fast", "--chart", "x.svg"])
    assert drawn.err.endswith("credentials")
