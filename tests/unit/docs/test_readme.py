"""Every block of the root README is run by a test, or is listed here with the reason why not."""

import re
from collections.abc import Mapping

import pytest

from distillery import WHEEL
from tests import readme

JOURNEYS: Mapping[str, str] = {
    "check": "test_people",
    "run": "test_people",
    "collect": "test_logs",
    "status": "test_people",
    "ask": "test_people",
    "rollback": "test_canary",
    "forget": "test_people",
    "routes": "test_people",
    "bench": "test_people",
    "snippets": "test_people",
}
"""The journey that runs the README's command with each verb, as a person with the policy for it."""
RUN_ELSEWHERE: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("make", "demo"): (".github/workflows/ci.yml", "      - run: make demo\n"),
    ("make", "test"): (".github/workflows/ci.yml", "      - run: make test\n"),
    ("pip", "install", WHEEL): ("tests/unit/cli/test_installed.py", "built(ROOT, "),
}
"""Not run here, and what runs them: `make demo` takes minutes, and `make test` runs this test, so CI runs both on a new
machine. `pip install` would ask an index; the test of the wheel installs it from the locked environment."""
SPANS: Mapping[str, tuple[str, str]] = {
    "make install": (".github/workflows/ci.yml", "      - run: make install\n"),
    "make down": ("Makefile", "-m local.emulator stop"),
    "make down DISCARD=1": (".github/workflows/ci.yml", "      - run: make down DISCARD=1\n"),
    "make wheel": (".github/workflows/ci.yml", "      - run: make wheel\n"),
    "make docs": ("Makefile", "$(SIDE_BY_SIDE) types synth hook lint imports docs\n"),
    "make demo": RUN_ELSEWHERE["make", "demo"],
    "make demo RECIPE=tickets": ("Makefile", '$(if $(RECIPE),--recipe "$(RECIPE)")'),
    "make demo AGAIN=1": ("Makefile", "$(if $(AGAIN),--again)"),
    "make demo ENV=launch": ("tests/journey/test_promoted.py", 'deploy("launch"'),
    "make demo PORT=4599": ("Makefile", "--port $(PORT)"),
    "make demo PROMPTS=my.jsonl": ("Makefile", '$(if $(PROMPTS),--prompts "$(FILE)")'),
    "make bench": ("Makefile", "-m tests.bench\n"),
    "make audit": (".github/workflows/release.yml", "      - run: make audit\n"),
    "make sbom": (".github/workflows/release.yml", "      - run: make sbom\n"),
    "node_modules/.bin/cdk bootstrap aws://ACCOUNT/us-east-1 aws://ACCOUNT/us-east-2": (
        "tests/journey/test_workflows.py",
        "{CDK} bootstrap {targets}",
    ),
    "node_modules/.bin/cdk deploy --all -c env=dev": ("tests/journey/test_cdk.py", '["--all", "-c", "env=dev", '),
}
"""Commands within a sentence, and what runs them. `make bench` and `make audit` are not part of the gate: one needs a
quiet machine, and an advisory that is published tonight must not block a change tomorrow."""


def test_every_block_has_a_language() -> None:
    languages = re.findall(r"^```(.*)\n(?s:.*?)^```$", readme.README.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(languages) == {"sh", "python", "text"}
    assert languages.count("text") == 2, "the output of the demo, and the folders"


def test_every_command_of_a_block_is_run() -> None:
    commands = readme.shell_lines()
    verbs = [words[1] for words in commands if words[0] == readme.COMMAND]
    others = [tuple(words) for words in commands if words[0] != readme.COMMAND]
    assert sorted(verbs) == sorted(JOURNEYS)
    assert sorted(others) == sorted(RUN_ELSEWHERE)


@pytest.mark.parametrize("verb", JOURNEYS)
def test_a_journey_runs_the_command_as_the_readme_has_it(verb: str) -> None:
    journey = readme.ROOT / "tests" / "journey" / f"{JOURNEYS[verb]}.py"
    assert f'readme.command("{verb}"' in journey.read_text(encoding="utf-8")


def test_every_python_block_is_run() -> None:
    (program,) = readme.blocks("python")
    compile(program, str(readme.README), "exec")
    assert "readme.blocks" in (readme.ROOT / "tests" / "journey" / "test_people.py").read_text(encoding="utf-8")


def test_every_command_within_a_sentence_is_known() -> None:
    spans = re.findall(r"`([^`\n]+)`", readme.README.read_text(encoding="utf-8"))
    found = {span for span in spans if re.match(r"make [a-z]|node_modules/", span)}
    assert found == set(SPANS)


@pytest.mark.parametrize(("file", "text"), [*RUN_ELSEWHERE.values(), *SPANS.values()])
def test_what_runs_a_command_is_there(file: str, text: str) -> None:
    assert text in (readme.ROOT / file).read_text(encoding="utf-8")
