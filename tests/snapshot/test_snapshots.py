"""Every template is the one last looked at. `UPDATE=1 make snapshot` writes them anew: read the diff in git."""

import difflib
import os

import pytest

from tests.policy.synthesis import ENVIRONMENTS, house
from tests.snapshot.normal import FOLDER, file_of, normal

UPDATE = os.environ.get("UPDATE") == "1"
LINES_SHOWN = 120
_HOW = "If it is meant, `UPDATE=1 make snapshot` writes the snapshots anew; read the diff before you commit it."


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_stack_is_as_its_snapshot_shows_it(environment: str) -> None:
    changed = []
    for stack in house(environment).stacks:
        file, now = file_of(environment, stack), normal(stack.template)
        if UPDATE:
            file.parent.mkdir(exist_ok=True)
            file.write_text(now, encoding="utf-8")
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        changed += difference(before, now, f"tests/snapshot/{environment}/{file.name}")
    if changed:
        left_out = [f"… and {len(changed) - LINES_SHOWN} lines more"] if len(changed) > LINES_SHOWN else []
        pytest.fail("\n".join([*changed[:LINES_SHOWN], *left_out, "", _HOW]), pytrace=False)


def difference(before: str, now: str, name: str) -> list[str]:
    """A unified diff; none where both are the same."""
    lines = before.splitlines(), now.splitlines()
    return list(difflib.unified_diff(*lines, f"{name} as it was", f"{name} as it is", lineterm="", n=4))


def test_no_snapshot_is_left_of_a_stack_or_environment_that_is_gone() -> None:
    wanted = {file_of(environment, stack) for environment in ENVIRONMENTS for stack in house(environment).stacks}
    left = set(FOLDER.glob("*/*.json")) - wanted
    for file in left if UPDATE else ():
        file.unlink()
    assert UPDATE or not left


def test_a_changed_template_shows_as_a_readable_diff() -> None:
    before = normal({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 60}}}})
    now = normal({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 61}}}})
    shown = difference(before, now, "dev/pipeline.json")
    assert [line.strip() for line in shown if line[0] in "+-" and "RetentionPeriod" in line] == [
        '-    "MessageRetentionPeriod": 60',
        '+    "MessageRetentionPeriod": 61',
    ]
    assert not difference(before, before, "dev/pipeline.json")


def test_a_snapshot_knows_no_hash_of_code_and_no_order() -> None:
    one = {"Rules": {}, "Resources": {"A": {"S3Key": "0a" * 32 + ".zip"}, "B": {}}}
    other = {"Resources": {"B": {}, "A": {"S3Key": "1b" * 32 + ".zip"}}, "Parameters": {"BootstrapVersion": {}}}
    assert normal(one) == normal(other)
    assert "<asset>.zip" in normal(one)
