"""The templates match the reviewed snapshots: prod in full, every other environment as its difference from prod.

`UPDATE=1 make snapshot` rewrites the snapshots. Read the change in `git diff`.
"""

import difflib
import functools
import os
from pathlib import Path

import pytest

from distillery.core.names import Names
from tests.policy.synthesis import ENVIRONMENTS, settings, templates
from tests.snapshot.against_prod import Parts, _own_names, _renamed, difference, parts
from tests.snapshot.compact import common_tags, stack_text

FOLDER = Path(__file__).parent
UPDATE = os.environ.get("UPDATE") == "1"
LINES_SHOWN = 120
_HOW = "If this is intended, `UPDATE=1 make snapshot` rewrites the snapshots; read `git diff` before you commit."

OTHERS = [environment for environment in ENVIRONMENTS if environment != "prod"]


def snapshots(environment: str) -> dict[Path, str]:
    """Returns the content of each snapshot file of an environment."""
    if environment != "prod":
        return {FOLDER / f"{environment}.diff": difference(_parts(environment), _parts("prod"))}
    prod = templates("prod")
    tags = common_tags(prod)
    return {FOLDER / "prod" / f"{stack.part}.json": stack_text(stack.template, tags) for stack in prod.stacks}


@functools.cache
def _parts(environment: str) -> Parts:
    return parts(templates(environment), settings(environment))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_as_its_snapshot_shows_it(environment: str) -> None:
    changed = []
    for file, now in snapshots(environment).items():
        if UPDATE:
            file.write_text(now, encoding="utf-8")
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        changed += changes(before, now, str(file.relative_to(FOLDER.parents[1])))
    if changed:
        left_out = [f"… and {len(changed) - LINES_SHOWN} more lines"] if len(changed) > LINES_SHOWN else []
        pytest.fail("\n".join([*changed[:LINES_SHOWN], *left_out, "", _HOW]), pytrace=False)


def changes(before: str, now: str, name: str) -> list[str]:
    """Returns a unified diff, which is empty if both are equal."""
    lines = before.splitlines(), now.splitlines()
    return list(difflib.unified_diff(*lines, f"{name} (snapshot)", f"{name} (synthesized)", lineterm="", n=4))


def test_no_snapshot_is_left_of_a_removed_stack_or_environment() -> None:
    wanted = {FOLDER / f"{environment}.diff" for environment in OTHERS}
    wanted |= {FOLDER / "prod" / f"{stack.part}.json" for stack in templates("prod").stacks}
    left = {*FOLDER.glob("*/*.json"), *FOLDER.glob("*.diff")} - wanted
    for file in left if UPDATE else ():
        file.unlink()
    assert UPDATE or not left


def test_staging_differs_from_prod_in_what_its_settings_say_and_is_short() -> None:
    """Log retention alone. A reviewer reads at most 60 lines."""
    (shown,) = snapshots("staging").values()
    assert len(shown.splitlines()) < 60
    assert '- "Properties": {"KmsKeyId": "<Key9BCD29C7.Arn>", "RetentionInDays": 365},' in shown
    assert not [line for line in shown.splitlines() if line in ("only in prod", "not in prod")]


def test_a_name_that_is_cut_off_is_no_difference_and_another_stacks_is() -> None:
    cut = {name: f"arn:aws:s3:::{Names(name).resource_prefix('foundation')}*/a" for name in ("staging", "prod")}
    same = {name: _renamed(arn, _own_names(settings(name))) for name, arn in cut.items()}
    assert same == dict.fromkeys(cut, "arn:aws:s3:::distillery-<environment>-foundation*/a")
    other = f"arn:aws:s3:::{Names('staging').resource_prefix('pipeline')}*/a"
    assert _renamed(other, _own_names(settings("staging"))) != same["staging"]


def test_a_changed_template_shows_as_a_readable_diff() -> None:
    before = stack_text({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Retention": 60}}}})
    now = stack_text({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Retention": 61}}}})
    shown = changes(before, now, "prod/pipeline.json")
    assert [line[0] for line in shown if "Retention" in line] == ["-", "+"]
    assert not changes(before, before, "prod/pipeline.json")


def test_a_snapshot_contains_no_hash_of_code_and_no_order() -> None:
    one = {"Rules": {}, "Resources": {"A": {"S3Key": "0a" * 32 + ".zip"}, "B": {}}}
    other = {"Resources": {"B": {}, "A": {"S3Key": "1b" * 32 + ".zip"}}, "Parameters": {"BootstrapVersion": {}}}
    assert stack_text(one) == stack_text(other)
    assert "<asset>.zip" in stack_text(one)


def test_a_difference_names_the_resources_that_share_it() -> None:
    def logs(days: int) -> list[str]:
        return [f'"RetentionInDays": {days}']

    prod = {("a", "Logs", "One"): logs(365), ("b", "Logs", "Two"): logs(365), ("b", "Queue", "Old"): ["{}"]}
    of = {("a", "Logs", "One"): logs(90), ("b", "Logs", "Two"): logs(90), ("b", "Queue", "New"): ["{}"]}
    assert difference(of, prod).splitlines() == [
        "Logs: a/One, b/Two",
        '- "RetentionInDays": 365',
        '+ "RetentionInDays": 90',
        "",
        "Queue: b/New",
        "not in prod",
        "{}",
        "",
        "Queue: b/Old",
        "only in prod",
    ]
