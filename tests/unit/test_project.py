"""The contributor documentation is correct: its files, targets and links exist."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import distillery

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ".github/PULL_REQUEST_TEMPLATE.md")
FORMS = ("bug.yml", "feature.yml")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
INSTALLED = (".venv", "cdk.out", ".build")
"""What exists only after `make install`."""


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _named(page: str) -> set[str]:
    """Yields paths in backticks: they contain a slash or name a file of the root."""
    words = {word for span in re.findall(r"`([^`\n]+)`", text(page)) for word in span.split()}
    paths = {word for word in words if re.fullmatch(r"[\w.-]+(/[\w.-]+)+|\w[\w-]*\.(py|md|toml|json)", word)}
    return {path for path in paths if not path.startswith(INSTALLED)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text(page)) if "://" not in link]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_path_that_contributors_are_sent_to_is_there() -> None:
    named = _named("CONTRIBUTING.md")
    folders = (
        "",
        "distillery/core/catalog",
        "distillery/datasets/validation",
    )
    assert len(named) > 50
    assert [path for path in sorted(named) if not any((ROOT / under / path).exists() for under in folders)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_target_that_is_named_is_one_of_the_makefile(page: str) -> None:
    spoken = re.findall(r"(?:^|`)(?:UPDATE=1 )?make ((?:[a-z-]+ ?)+)", text(page), re.MULTILINE)
    assert {target for words in spoken for target in words.split()} <= TARGETS


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_and_what_it_cannot_do_without_is_required(form: str) -> None:
    said = text(f".github/ISSUE_TEMPLATE/{form}")
    assert all(re.search(rf"^{key}: .+", said, re.MULTILINE) for key in ("name", "description"))
    asked = re.findall(r"^    id: (\w+)$", said, re.MULTILINE)
    assert len(asked) == len(set(asked)) >= 4
    assert "required: true" in said


def test_releases_are_listed_latest_first_under_known_headings() -> None:
    said = text("CHANGELOG.md")
    releases = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (Unreleased|\d{4}-\d\d-\d\d)$", said, re.MULTILINE)
    assert len(releases) == len(re.findall(r"^## ", said, re.MULTILINE))
    numbers = [tuple(map(int, release[:3])) for release in releases]
    assert numbers == sorted(set(numbers), reverse=True)
    assert "Unreleased" not in [day for *_, day in releases[1:]]
    headings = set(re.findall(r"^### (.+)$", said, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


WRITTEN = (".md", ".py", ".toml", ".yaml", ".yml")
OTHERS = {"awscli", "boto3", "langchain-aws", "litellm", "strands-agents"}
"""Packages that snippets are written for."""
OURS = re.compile(rf"(?:{re.escape(distillery.WHEEL)}|bedrock_simulator-[\d.]+-py3-none-any\.whl)(?:\[[a-z,]+\])?")


def _installed(text: str) -> Iterator[str]:
    """Yields what commands in a text install. `{WHEEL}` in code stands for its value."""
    text = text.replace("{WHEEL}", distillery.WHEEL)
    for said in re.findall(r"\bpip install +((?:--?[\w=.-]+ +)*)['\"]?([\w.,+/\[\]-]+(?: [a-z][\w.-]+)*)", text):
        yield from (word for word in said[1].rstrip(".,").split() if not word.startswith("-"))


def test_nobody_is_told_to_install_what_is_not_ours_under_our_name() -> None:
    """`distillery` on PyPI belongs to others, and the name of our distribution is not registered yet."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [name for name in listed if name.endswith(WRITTEN) and not name.startswith("tests/")]
    told = {word for name in files for word in _installed(text(name))}
    assert any(OURS.fullmatch(word) for word in told)
    assert {word for word in told if not OURS.fullmatch(word)} <= OTHERS
