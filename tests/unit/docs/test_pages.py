"""The documentation names existing files and commands only."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOPS = (
    "app.py",
    "distillery",
    "docs",
    "environments",
    "examples",
    "infra",
    "lambdas",
    "local",
    "packages",
    "stacks",
    "tests",
)
SIMULATOR = ROOT / "packages" / "bedrock-simulator"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "NOTICE")),
    *(ROOT / ".github" / name for name in ("PULL_REQUEST_TEMPLATE.md", "dependabot.yml")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "examples" / "support" / "README.md",
    *(SIMULATOR / name for name in ("README.md", "CHANGELOG.md")),
]
PAST = {"lambdas/shared"}
"""Files that decisions mention but that no longer exist."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    words = {word for span in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")) for word in span.split()}
    paths = {word.rstrip("/,") for word in words if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?,?", word)} - PAST
    named = sorted(path for path in paths if path.split("/")[0] in TOPS)
    assert [path for path in named if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    """Without its folder: `on_call.py`, beside the folder in the same sentence."""
    spans = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    named = {word for span in spans for word in re.findall(r"[\w-]+\.py\b", span)}
    there = {path.name for top in TOPS for path in (ROOT / top).rglob("*.py")} | {"app.py"}
    assert sorted(named - there) == []


def test_the_list_of_decisions_has_each_under_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    titles = {
        file.name: file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for file in folder.glob("0*.md")
    }
    listed = re.findall(r"^(\d+\.) \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: f"{number} {title}" for number, title, name in listed} == titles
