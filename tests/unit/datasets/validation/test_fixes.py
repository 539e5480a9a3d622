"""The commands that fixes name run as they are printed, and what they fix is fixed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from distillery.datasets.validation import file_rules as rules
from distillery.datasets.validation.finding import Rule
from tests.unit.datasets.validation.students import codes, read
from tests.unit.datasets.validation.test_corpus import CORPUS, EXPECTED

ONLY_TESTS = ("gzip -t",)
NOT_BY_COMMAND = {
    "broken-in-two.jsonl": "a string is broken, so that no JSON reader reads it",
    "utf-16-in-the-middle.jsonl": "only one line is UTF-16",
    "trailing-comma-in-list.jsonl": "the command is for the ends of lines",
    "trailing-comma-in-object.jsonl": "the command is for the ends of lines",
    "json-array-of-lines.jsonl": "the brackets are on lines of their own",
}


def command(rule: Rule) -> str | None:
    found = re.search(r"`([^`]+)`", rule.fix)
    return found[1] if found and " FILE" in found[1] and not found[1].startswith(ONLY_TESTS) else None


CASES = [
    (rule, name)
    for rule in rules.RULES
    if command(rule)
    for name, expected in EXPECTED.items()
    if any(finding.split()[0] == rule.code for finding in expected["findings"])
    and (not name.endswith(".gz") or name.startswith("good"))
]


@pytest.mark.parametrize(("rule", "name"), CASES, ids=[f"{rule.code} {name}" for rule, name in CASES])
def test_the_command_of_a_fix_fixes_it(rule: Rule, name: str, tmp_path: Path) -> None:
    wanted = command(rule)
    assert wanted
    file, fixed = tmp_path / name.replace(" ", ""), tmp_path / "fixed.jsonl"
    shutil.copyfile(CORPUS / name, file)
    run = wanted.replace("FILE", str(file)).replace("FIXED", str(fixed))
    done = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=False, timeout=20)
    if name in NOT_BY_COMMAND:
        return
    assert done.returncode == 0, done.stderr
    output = fixed if fixed.exists() else file.with_suffix("")
    left = {finding.split()[0] for finding in codes(read(output.read_bytes(), name=output.name))}
    assert rule.code not in left


def test_every_command_has_a_file_that_it_fixes() -> None:
    assert {rule.code for rule, name in CASES if name not in NOT_BY_COMMAND} == {
        rule.code for rule in rules.RULES if command(rule)
    }
