"""docs/aws-assumptions.md lists every place that is marked UNVERIFIED, and what the product does there."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "aws-assumptions.md"
MARK = "UNVERIFIED"
FOLDERS = ("distillery", "docs", "environments", "infra", "lambdas", "local", "packages/bedrock-simulator", "stacks")
KINDS = {".md", ".py", ".sql", ".toml"}
_LISTED = re.compile(r"`([\w./-]+\.\w+)` \((\d+)\)")


def _files() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in KINDS and "tests" not in path.relative_to(ROOT).parts and path != PAGE:
                yield path


def _marks() -> Counter[str]:
    """Returns the number of lines with the mark by file, as `git grep -c` counts them."""
    lines = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").splitlines() for path in _files()}
    return Counter({name: found for name, each in lines.items() if (found := sum(MARK in line for line in each))})


def _listed(page: str) -> Counter[str]:
    listed: Counter[str] = Counter()
    for name, count in _LISTED.findall(page):
        listed[name] += int(count)
    return listed


def test_each_mark_is_listed_once() -> None:
    assert _listed(PAGE.read_text(encoding="utf-8")) == _marks()


def test_a_row_says_what_the_product_does() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| Question", "| ---"))
    ]
    assert len(rows) > 15
    for question, sources, does, marks in rows:
        assert question.rstrip().endswith("?") or "?" in question, question
        assert sources
        assert len(does) > 10, question
        assert _LISTED.search(marks), question


@pytest.mark.parametrize("text", ["`a/b.py` (2), `c.toml` (1)", "`a/b.py` (1) and `a/b.py` (1), `c.toml` (1)"])
def test_marks_of_a_file_in_several_rows_are_added(text: str) -> None:
    assert _listed(text) == {"a/b.py": 2, "c.toml": 1}
