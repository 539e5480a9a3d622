"""The runbooks that alarms link to: each belongs to an alarm, names it, and explains how to investigate and fix it."""

import re
from typing import Any

import pytest

from tests.policy.rules.monitoring import ROOT, RUNBOOKS
from tests.policy.synthesis import templates
from tests.runbooks import DEPLOYER, ON_CALL, OWNER, actions_of, commands, owners_of

PAGES = sorted(RUNBOOKS.glob("*.md"))
EVERY = [page.relative_to(RUNBOOKS).as_posix() for page in sorted(RUNBOOKS.rglob("*.md"))]
"""With the pages that notices lead to."""


def _alarms(page: str) -> set[str]:
    """Returns the names, without CDK's hash, of the alarms that link to a page."""
    alarms = templates("prod").resources("AWS::CloudWatch::Alarm")
    return {alarm.id[:-8] for alarm in alarms if alarm.properties["AlarmDescription"].endswith(f"/{page}")}


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_a_page_names_exactly_the_alarms_that_lead_to_it(page: str) -> None:
    first = (RUNBOOKS / page).read_text(encoding="utf-8").split("\n\n")[1]
    assert set(re.findall(r"`(\w+)`", first)) == _alarms(page) != set()


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_a_page_says_what_it_means_how_to_investigate_and_how_to_fix_it(page: str) -> None:
    text = (RUNBOOKS / page).read_text(encoding="utf-8")
    assert "**What it means.**" in text
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert headings[:2] == ["Investigate", "Fix"]
    assert "\n    " in text, "the page must have commands to copy"


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_what_a_page_links_to_is_there(page: str) -> None:
    links = re.findall(r"\]\(([\w./-]+)\)", (RUNBOOKS / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (RUNBOOKS / link).resolve().is_relative_to(ROOT)] == []
    assert [link for link in links if not (RUNBOOKS / link).is_file()] == []


OTHERS = {DEPLOYER: "who deploys"}
"""How a page names a role, where that is not the role's own name."""


@pytest.mark.parametrize("page", EVERY)
def test_who_is_on_call_may_run_the_commands_of_a_page(page: str) -> None:
    """Those of the account owner are exactly those that the policy lacks."""
    (policy,) = [
        found for found in templates("prod").resources("AWS::IAM::ManagedPolicy") if found.id.startswith("OnCall")
    ]
    allowed = {action.lower() for each in policy.properties["PolicyDocument"]["Statement"] for action in _listed(each)}
    for command in commands(page):
        for asked in actions_of(command.text):
            assert (asked.lower() in allowed) is (command.who == ON_CALL), command.text


@pytest.mark.parametrize("page", EVERY)
def test_a_page_names_the_role_of_each_command_that_is_not_for_who_is_on_call(page: str) -> None:
    for command in commands(page):
        named = OTHERS.get(command.who, command.who)
        if command.who == OWNER and named not in command.says:
            assert actions_of(command.text) <= owners_of(page), command.text
        elif command.who != ON_CALL:
            assert named in " ".join(command.says.split()), command.text


CALL = re.compile(r"\b(?:aws [a-z0-9-]+ [a-z0-9-]+ [-$]|distillery --env )")
"""The beginning of a command with an option or a value."""


@pytest.mark.parametrize("page", EVERY)
def test_the_journey_finds_every_command_of_a_page(page: str) -> None:
    """`tests/journey/test_runbooks` runs what `commands` finds."""
    text = (RUNBOOKS / page).read_text(encoding="utf-8")
    assert "```" not in text, "commands are in indented blocks, or in a sentence between backticks"
    assert len(CALL.findall(text)) == sum(len(CALL.findall(command.text)) for command in commands(page))


def _listed(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)
