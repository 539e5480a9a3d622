"""The runbooks that alarms link to: each belongs to an alarm, names it, and explains how to investigate and fix it."""

import re
from typing import Any

import pytest

from tests.policy.rules.monitoring import ROOT, RUNBOOKS
from tests.policy.synthesis import templates

PAGES = sorted(RUNBOOKS.glob("*.md"))


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


COMMAND = re.compile(r"^ {4,}(?:\w+=\$\()?aws ([a-z0-9-]+) ([a-z0-9-]+)(.*)$", flags=re.MULTILINE)
SERVICES = {"stepfunctions": "states"}
ACTIONS = {
    "cloudwatch:DescribeAlarmHistory": "cloudwatch:DescribeAlarms",
    "lambda:Invoke": "lambda:InvokeFunction",
    "logs:Tail": "logs:FilterLogEvents",
}
"""Verbs of the AWS CLI that are authorized under another name."""
OWNER = "needs the account owner"


def _action(service: str, verb: str) -> str:
    name = f"{SERVICES.get(service, service)}:{''.join(part.title() for part in verb.split('-'))}"
    return ACTIONS.get(name, name)


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_who_is_on_call_may_run_the_commands_of_a_page(page: str) -> None:
    (policy,) = [
        found for found in templates("prod").resources("AWS::IAM::ManagedPolicy") if found.id.startswith("OnCall")
    ]
    allowed = {action.lower() for each in policy.properties["PolicyDocument"]["Statement"] for action in _listed(each)}
    text = (RUNBOOKS / page).read_text(encoding="utf-8")
    asked = {_action(service, verb) for service, verb, rest in COMMAND.findall(text) if OWNER not in rest}
    owners = re.search(r"commands\s+need\s+the\s+account\s+owner:([^.]*)\.", text)
    said = set(re.findall(r"`(\w+:\w+)`", owners[1])) if owners else set()
    assert {action for action in asked if action.lower() not in allowed} == said


def _listed(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)
