"""Documented commands that invoke a function whose work is billed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
COMMAND = re.compile(r"^.*\blambda invoke\b(?:.*\\\n)*.*$", re.MULTILINE)
FOUND = [(page, command) for page in PAGES for command in COMMAND.findall(page.read_text(encoding="utf-8"))]


def test_there_are_such_commands() -> None:
    assert len(FOUND) >= 3


@pytest.mark.parametrize(("page", "command"), FOUND, ids=[f"{page.name}-{i}" for i, (page, _) in enumerate(FOUND)])
def test_the_command_line_does_not_give_up_after_a_minute_and_invoke_again(page: Path, command: str) -> None:
    assert command.strip().startswith("AWS_MAX_ATTEMPTS=1 aws lambda invoke --cli-read-timeout 0 "), page
