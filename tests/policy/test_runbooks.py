"""The runbooks that alarms link to: each belongs to an alarm, names it, and explains how to investigate and fix it."""

import re

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
